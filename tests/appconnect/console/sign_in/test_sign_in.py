from appconnect.settings import PASSWORD_HASHERS
from tests.support.helpers import text_of


def test_an_admin_signs_in_and_out(client, member):
    page = client.post(
        "/accounts/login/",
        {"username": "ada", "password": "a good password"},
        follow=True,
    )
    assert page.redirect_chain[-1][0] == "/setup/"
    assert "Sandbox Ltd" in text_of(page)

    client.post("/accounts/logout/")
    assert client.get("/calls/").status_code == 302


def test_a_wrong_password_is_refused(client, member):
    page = client.post("/accounts/login/", {"username": "ada", "password": "wrong"})

    assert "Wrong user name or password." in text_of(page)
    assert "Error: Sign in" in text_of(page)
    assert 'role="alert"' in page.content.decode()


def test_a_password_is_stored_as_argon2id(client, member, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    member.user.set_password("a good password")
    member.user.save()

    page = client.post(
        "/accounts/login/", {"username": "ada", "password": "a good password"}
    )

    assert page.status_code == 302
    assert member.user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_way_back_stays_here(client, member):
    page = client.post(
        "/accounts/login/?next=//evil.example/",
        {"username": "ada", "password": "a good password", "next": "//evil.example/"},
    )

    assert page.url == "/"


def test_ringcentral_is_a_way_back_to_the_page_too(client, db):
    page = client.get("/accounts/login/?next=/calls/%3Fstate%3Dfailed")

    assert (
        '"/ringcentral/sign-in/?next=%2Fcalls%2F%3Fstate%3Dfailed"'
        in page.content.decode()
    )


def test_account_without_organization_is_sent_to_an_admin(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nobody"))

    page = client.get("/calls/")

    assert page.status_code == 403
    assert "Ask an admin to add you." in text_of(page)
