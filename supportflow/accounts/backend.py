"""Who a session belongs to, and whether a password is right (AUTHENTICATION_BACKENDS)."""

from allauth.account.auth_backends import AuthenticationBackend

from supportflow.accounts.models import User
from supportflow.core.prepared import Prepared

_by_id = Prepared(lambda pk: User.objects.filter(pk=pk), int)


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types here
    def get_user(self, user_id: int) -> User | None:
        """As Django's, by a query that is written once: each page asks."""
        return next((user for user in _by_id(user_id) if self.user_can_authenticate(user)), None)
