"""The sandbox's pages: a phone that makes calls, and the CRM."""

from datetime import datetime
from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from appconnect.sandbox.ringcentral import seed
from appconnect.sandbox.scripts import SCRIPTS
from appconnect.sandbox.state import sandbox

RELOAD_SECONDS = 3
MAX_CALLS = 20
"""How many of the newest calls the phone lists."""


@csrf_exempt
def home(request: HttpRequest) -> HttpResponse:
    """Show the phone, and make a call."""
    if request.method == "POST":
        script = request.POST.get("script", "")
        if script in SCRIPTS:
            sandbox.make_call(
                script,
                outside=request.POST.get("outside", ""),
                extension=request.POST.get("extension", ""),
            )
        return redirect("/")
    scripts = [
        (name, label_of(name), script.__doc__.partition("\n")[0])
        for name, script in SCRIPTS.items()
    ]
    context = {
        "scripts": scripts,
        "extensions": [e for e in seed.EXTENSIONS if e[2]],
        "contacts": seed.CONTACTS,
        "unknown_number": seed.UNKNOWN_NUMBER,
        "calls": [
            {
                **call,
                "label": label_of(call["script"]),
                "started_at": datetime.fromisoformat(call["startedAt"]),
            }
            for call in islice(sandbox.calls, MAX_CALLS)
        ],
        "service": seed.SERVICE_ACCOUNT,
    }
    return render(request, "sandbox/home.html", context)


def label_of(script: str) -> str:
    return script.replace("_", " ").capitalize()


def crm(request: HttpRequest) -> HttpResponse:
    """Show the CRM's records, newest first. ``?live=1`` reloads by itself."""
    context = {
        "records": sandbox.crm.list_records(),
        "reload_seconds": RELOAD_SECONDS if "live" in request.GET else 0,
    }
    return render(request, "sandbox/crm.html", context)


def crm_call_log(request: HttpRequest, log_id: str) -> HttpResponse:
    for record in sandbox.crm.list_records():
        if record["id"] == log_id:
            return render(request, "sandbox/crm_call_log.html", {"record": record})
    raise Http404("There is no such record.")


def crm_contact(request: HttpRequest, contact_id: str) -> HttpResponse:
    contact = sandbox.crm.contacts.get(contact_id)
    if contact is None:
        raise Http404("There is no such contact.")
    return render(request, "sandbox/crm_contact.html", {"contact": contact})


def crm_users(request: HttpRequest) -> HttpResponse:
    """Show the CRM's users, each with their API key."""
    users = [
        {**user, "apiKey": seed.api_key_of(user["id"])}
        for user in sandbox.crm.users.values()
    ]
    return render(request, "sandbox/crm_users.html", {"users": users})
