# ruff: noqa: F821  Odoo's shell reads this, and gives it `env`.
"""Gives an empty Odoo its company's country, four users with API keys, and two contacts."""

import datetime
import json

in_a_year = datetime.datetime.now() + datetime.timedelta(days=365)
env.company.country_id = env.ref("base.us")
employee = env.ref("base.group_user")
salesman = employee | env.ref("sales_team.group_sale_salesman_all_leads")
users = env.ref("base.user_admin")
for login, name, email, groups in (
    ("alice", "Alice Agent", "alice@example.com", salesman),
    ("bob", "Bob “Bobby” O'Brien & Söhne", "", salesman),
    ("carol@example.com", "Carol Clerk", "", employee),
):
    users |= env["res.users"].create(
        {"login": login, "name": name, "email": email, "group_ids": groups.ids}
    )
keys = {
    user.login.partition("@")[0]: env(user=user.id, su=True)[
        "res.users.apikeys"
    ]._generate("rpc", "tests", in_a_year)
    for user in users
}
env["res.partner"].create(
    [
        {"name": 'Ada <b>"Ace"</b> Ågren & Söhne', "phone": "+1 (415) 555-0123"},
        {"name": "Nan National", "phone": "(415) 555-0124"},
    ]
)
env.cr.commit()
with open("keys.json", "w") as file:
    json.dump(keys, file)
