from django.http import HttpRequest, HttpResponse


def docs(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
