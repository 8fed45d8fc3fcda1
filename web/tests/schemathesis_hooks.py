"""What schemathesis has to know of the house's own media types."""

import schemathesis


@schemathesis.serializer("application/sdp")
def session_description(context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
