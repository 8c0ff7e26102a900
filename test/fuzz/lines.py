"""Sends a body of `application/x-ndjson`, for which Schemathesis has no serializer: one line of JSON for each item."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    if isinstance(value, (str, bytes)):
        return value.encode(errors="surrogatepass") if isinstance(value, str) else value
    items = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(item) for item in items).encode()
