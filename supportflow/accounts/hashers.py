from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at 19 MiB (OWASP's password storage advice): 40 ms and 19 MiB a sign-in, not 230 ms and 100 MiB."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
