from django.urls import path

from supportflow.desk.views import bulk, files, lists, macro_settings, macros, marks, saved, tickets

urlpatterns = [
    path("tickets", lists.tickets, name="tickets"),
    path("tickets/new", tickets.new, name="ticket_new"),
    path("tickets/filters", lists.filters, name="ticket_filters"),
    path("tickets/counts", saved.counts, name="ticket_counts"),
    path("settings/views", saved.views, name="saved_views"),
    path("settings/views/<int:pk>", saved.view, name="saved_view"),
    path("tickets/ids", bulk.ids, name="ticket_ids"),
    path("tickets/bulk", bulk.bulk, name="tickets_bulk"),
    path("tickets/bulk/<str:what>", bulk.menu, name="bulk_menu"),
    path("tickets/brief", lists.brief, name="tickets_brief"),
    path("tickets/<str:number>", tickets.ticket, name="ticket"),
    path("tickets/<str:number>/fields", tickets.fields, name="ticket_fields"),
    path("tickets/<str:number>/edit", tickets.edit, name="ticket_edit"),
    path("tickets/<str:number>/comments", tickets.comments, name="ticket_comments"),
    path("tickets/<str:number>/seen", marks.seen, name="ticket_seen"),
    path("tickets/<str:number>/star", marks.star, name="ticket_star"),
    path("tickets/<str:number>/following", marks.following, name="ticket_following"),
    path("tickets/<str:number>/trash", tickets.trash, name="ticket_trash"),
    path("tickets/<str:number>/macros", macros.macros, name="ticket_macros"),
    path("tickets/<str:number>/macros/<int:pk>", macros.macro, name="ticket_macro"),
    path("tickets/<str:number>/<str:what>-menu", tickets.menu, name="ticket_menu"),
    path("batches/<uuid:batch>/undo", bulk.undo, name="undo"),
    path("settings/macros", macro_settings.macros, name="macros"),
    path("settings/macros/new", macro_settings.macro_form, name="macro_new"),
    path("settings/macros/<int:pk>", macro_settings.macro_form, name="macro"),
    path("settings/macros/<int:pk>/trash", macro_settings.macro_trash, name="macro_trash"),
    path("attachments/<int:pk>", files.attachment, name="attachment"),
    path("attachments/<int:pk>/picture", files.picture, name="picture"),
]
