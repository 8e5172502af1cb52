import hashlib
from functools import cached_property
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from supportflow.accounts.permissions import Role, role_may
from supportflow.core import clock
from supportflow.core.actors import ActorType, Rights
from supportflow.core.models import Versioned
from supportflow.core.prepared import Prepared


class UserQuerySet(models.QuerySet["User"]):
    def people(self) -> Self:
        """Everyone but the built-in system user."""
        return self.exclude(role=Role.SYSTEM)

    def at_work(self) -> Self:
        """Who can be assigned a ticket."""
        return self.people().filter(is_active=True)

    def can_be_in(self, team: "Team | None") -> Self:
        """Who is at work; who has left stays in a team, so that it is whole when they come back."""
        members = team.members.values("pk") if team else []
        return self.people().filter(models.Q(is_active=True) | models.Q(pk__in=members))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # built at run time
    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.get(email__iexact=username)
        return user

    def system(self) -> "User":
        """The user who stands for mail and portal, made by a migration."""
        user: User = self.get(role=Role.SYSTEM)
        return user


class User(AbstractBaseUser, Versioned, Rights):
    """A person who logs in to work."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=10, default=Role.AGENT.value)
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(max_length=10, blank=True, default="")
    theme = models.CharField(max_length=6, default="system")
    density = models.CharField(max_length=12, default="compact")  # of lists
    has_shortcuts = models.BooleanField(default=True)  # of a single key
    signature = models.TextField(blank=True, default="")  # Markdown; stands under the mails of replies
    # The first characters of its picture's SHA-256, which are a part of the picture's address; empty without one.
    picture = models.CharField(max_length=16, blank=True, default="")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(fields=["role"], condition=models.Q(role="SYSTEM"), name="one_system_user"),
            models.CheckConstraint(
                condition=models.Q(role__in=["AGENT", "SUPERVISOR", "ADMIN", "SYSTEM"]), name="user_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor_type(self) -> ActorType:
        return "user"

    @property
    def actor_id(self) -> int | None:
        return self.pk

    @property
    def actor_name(self) -> str:
        return self.name

    def may(self, permission: str) -> bool:
        return self.is_active and role_may(self.role, permission)

    @property
    def sees_all_teams(self) -> bool:
        return self.role in {Role.SUPERVISOR, Role.ADMIN}

    @cached_property
    def hidden_team_ids(self) -> frozenset[int]:
        """Private teams this user is no member of; looked up once per loaded user."""
        if self.sees_all_teams:
            return frozenset()
        return frozenset(_hidden_from(self.pk))

    def about(self) -> dict[str, Any]:
        return {}


class Picture(models.Model):
    """How a user looks: few bytes, in a table of their own so that no page loads them by the way."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    content_type = models.CharField(max_length=20)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"picture of user {self.user_id}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(Versioned):
    """Somebody who was asked to join. The link in the mail works once, until `expires_at`."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True, default="")
    role = models.CharField(max_length=10, default=Role.AGENT.value)
    invited_by_name = models.CharField(max_length=250)
    nonce = models.CharField(max_length=43)  # of the newest link; older ones are dead
    sent_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            # One open invitation for an address
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(accepted_at=None, withdrawn_at=None), name="invitation_open_once"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= clock.now()

    def about(self) -> dict[str, Any]:
        return {}


class TeamQuerySet(models.QuerySet["Team"]):
    def known_to(self, user: User) -> Self:
        """All but the private ones that the user is no member of, by name."""
        return self.exclude(pk__in=user.hidden_team_ids).order_by("name", "pk")


class Team(Versioned):
    """Users who share a queue. A private one shows its tickets to members, supervisors and admins alone."""

    name = models.CharField(max_length=80)
    is_private = models.BooleanField(default=False)
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


_hidden_from: Prepared[int] = Prepared(
    lambda user: Team.objects.filter(is_private=True).exclude(members=user).values_list("pk", flat=True), int
)


class ApiToken(models.Model):
    """A bearer token; the text itself is shown once and only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)  # its first characters, to tell tokens apart
    created_at = models.DateTimeField(default=clock.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(text: str) -> str:
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > clock.now())
