"""Security headers: browsers load and run only what this server ships, and keep no page."""

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
