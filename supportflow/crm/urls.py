from django.urls import path

from supportflow.crm import views

urlpatterns = [
    path("contacts", views.contacts, name="contacts"),
    path("contacts/new", views.contact_form, name="contact_new"),
    path("contacts/options", views.contact_options, name="contact_options"),
    path("contacts/<int:pk>", views.contact, name="contact"),
    path("contacts/<int:pk>/edit", views.contact_form, name="contact_edit"),
    path("contacts/<int:pk>/trash", views.contact_trash, name="contact_trash"),
    path("companies", views.companies, name="companies"),
    path("companies/new", views.company_form, name="company_new"),
    path("companies/options", views.company_options, name="company_options"),
    path("companies/<int:pk>", views.company, name="company"),
    path("companies/<int:pk>/edit", views.company_form, name="company_edit"),
    path("companies/<int:pk>/trash", views.company_trash, name="company_trash"),
]
