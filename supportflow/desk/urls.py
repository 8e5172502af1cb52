from django.urls import path

from supportflow.desk.views import files, lists, macro_settings, macros, tickets

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
    path("tickets/<str:number>/macros", macros.macros, name="ticket_macros"),
    path("tickets/<str:number>/macros/<int:pk>", macros.macro, name="ticket_macro"),
    path("tickets/<str:number>/<str:what>-menu", tickets.menu, name="ticket_menu"),
    path("activities/<int:pk>/undo", tickets.undo, name="undo"),
    path("settings/macros", macro_settings.macros, name="macros"),
    path("settings/macros/new", macro_settings.macro_form, name="macro_new"),
    path("settings/macros/<int:pk>", macro_settings.macro_form, name="macro"),
    path("settings/macros/<int:pk>/trash", macro_settings.macro_trash, name="macro_trash"),
    path("attachments/<int:pk>", files.attachment, name="attachment"),
    path("attachments/<int:pk>/picture", files.picture, name="picture"),
]
