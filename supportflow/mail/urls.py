from django.urls import path

from supportflow.mail import comment_mails, views

urlpatterns = [
    path("settings/outgoing-mail", views.outgoing, name="outgoing"),
    path("settings/outgoing-mail/<int:pk>", views.outgoing_mail, name="outgoing_mail"),
    path("settings/outgoing-mail/<int:pk>/raw", views.outgoing_raw, name="outgoing_raw"),
    path("settings/outgoing-mail/<int:pk>/retry", views.outgoing_retry, name="outgoing_retry"),
    path("comments/<int:pk>/mail", comment_mails.source, name="comment_mail"),
    path("comments/<int:pk>/mail.eml", comment_mails.file, name="comment_mail_file"),
]
