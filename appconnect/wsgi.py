import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from appconnect.request_body import WholeBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appconnect.settings")

application = WholeBody(get_wsgi_application())
get_resolver().url_patterns  # noqa: B018  loads all views
# What is loaded now stays: walking it again would be a third of the time that the
# mapping of 10,000 users takes.
gc.freeze()
