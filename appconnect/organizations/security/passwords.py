from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters for servers that are short of memory.

    With Django's, as many sign-ins at once as there are web threads take 1.6 GB.
    https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
