from django.urls import path

from supportflow.notifications import views

urlpatterns = [
    path("notifications", views.notifications, name="notifications"),
    path("notifications/reading", views.reading, name="notifications_reading"),
    path("notifications/<int:pk>", views.notification, name="notification"),
    path("settings/notifications", views.wishes, name="notification_settings"),
]
