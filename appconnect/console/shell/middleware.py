"""What holds for every page: security headers, and the length of a form.

Browsers load and run only what this server ships, and keep no page.
"""

from django.core.exceptions import RequestDataTooBig

MAX_FORM_BYTES = 512 * 1024
"""A form with a list of 100,000 characters fits; uploads are no such form."""
FORM = "application/x-www-form-urlencoded"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",  # htmx
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def security_headers(get_response):
    def middleware(request):
        response = get_response(request)
        # RingCentral limits the size of a webhook's response, headers included.
        if not request.path.startswith("/webhooks/"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response["Permissions-Policy"] = FEATURES
            # Static files say how long they are kept.
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def limit_forms(get_response):
    """Refuse long forms unread: a byte of them costs far more than one of a file."""

    def middleware(request):
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if request.content_type == FORM and length > MAX_FORM_BYTES:
            raise RequestDataTooBig(f"a form of {length} bytes")
        return get_response(request)

    return middleware
