"""Sessions in the database (SESSION_ENGINE), read on each page by a query that is written once."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from supportflow.core.prepared import Prepared

_by_key = Prepared(lambda key: Session.objects.filter(session_key=key), str)


class SessionStore(DatabaseSessions):
    def _get_session_from_db(self) -> Session | None:
        for found in _by_key(self.session_key or ""):
            if found.expire_date > timezone.now():
                return found
        self._session_key = None
        return None
