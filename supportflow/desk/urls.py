from django.urls import path

from supportflow.desk.views import files, lists, tickets

urlpatterns = [
    path("tickets", lists.tickets, name="tickets"),
    path("tickets/new", tickets.new, name="ticket_new"),
    path("tickets/filters", lists.filters, name="ticket_filters"),
    path("tickets/brief", lists.brief, name="tickets_brief"),
    path("tickets/<str:number>", tickets.ticket, name="ticket"),
    path("tickets/<str:number>/fields", tickets.fields, name="ticket_fields"),
    path("tickets/<str:number>/edit", tickets.edit, name="ticket_edit"),
    path("tickets/<str:number>/comments", tickets.comments, name="ticket_comments"),
    path("tickets/<str:number>/trash", tickets.trash, name="ticket_trash"),
    path("tickets/<str:number>/<str:what>-menu", tickets.menu, name="ticket_menu"),
    path("activities/<int:pk>/undo", tickets.undo, name="undo"),
    path("attachments/<int:pk>", files.attachment, name="attachment"),
    path("attachments/<int:pk>/picture", files.picture, name="picture"),
]
