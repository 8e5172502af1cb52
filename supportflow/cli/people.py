"""Users and their API tokens."""

import secrets

import click

from supportflow.cli.group import cli, with_django

ROLES = ["ADMIN", "SUPERVISOR", "AGENT"]


@cli.group()
def user() -> None:
    """Users who sign in to work."""


@user.command("create")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES, case_sensitive=False))
@click.option("--name", help="The person's name; the part of the address before the @ if not given.")
@with_django
def user_create(email: str, role: str, name: str | None) -> None:
    """Create a user and print the password to begin with."""
    from supportflow.accounts.operations import create_user
    from supportflow.core.actors import System

    password = secrets.token_urlsafe(12)
    name = name if name is not None else email.partition("@")[0]
    made = create_user(email, name, role.upper(), password=password, by=System("command line"))
    click.echo(f"Sign in: {made.email}  password: {password}")


@cli.group()
def token() -> None:
    """Tokens for the API."""


@token.command("create")
@click.option("--user", "email", required=True, help="E-mail address of the user who acts through it.")
@click.option("--name", required=True, help="What the token is for.")
@with_django
def token_create(email: str, name: str) -> None:
    """Create a token and print it alone; it cannot be shown again."""
    from supportflow.accounts.models import User
    from supportflow.accounts.operations import create_token
    from supportflow.core import text
    from supportflow.core.actors import System

    owner = User.objects.people().filter(email__iexact=text.line("user", email, most=254)).first()
    if owner is None:
        raise click.ClickException(f"There is no user with the address {email}. Create one: supportflow user create")
    _, secret = create_token(owner, name, by=System("command line"))
    click.echo(secret)


@token.command("list")
@click.option("--user", "email", help="Only this user's, by e-mail address.")
@with_django
def token_list(email: str | None) -> None:
    """List tokens: number, first characters, user, name, last use, state. Their text cannot be shown again."""
    from supportflow.accounts.models import ApiToken

    tokens = ApiToken.objects.select_related("user").order_by("pk")
    for one in tokens.filter(user__email__iexact=email) if email else tokens:
        used = f"last used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
        state = "live" if one.is_live else "dead"
        click.echo(f"{one.pk}  {one.hint}…  {one.user.email}  {one.name}  {used}  {state}")


@token.command("revoke")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@with_django
def token_revoke(number: int) -> None:
    """End a token at once, by its number in `token list`."""
    from supportflow.accounts.models import ApiToken
    from supportflow.accounts.operations import revoke_token
    from supportflow.core.actors import System

    found = ApiToken.objects.filter(pk=number).first()
    if found is None:
        raise click.ClickException(f"There is no token {number}. See: supportflow token list")
    revoke_token(found, by=System("command line"))
    click.echo(f"Token {number} ({found.name}) is revoked.")
