import hashlib, hmac, re, time

SIGNATURES = re.compile(r"sha256=[0-9a-f]{64}(,sha256=[0-9a-f]{64}){0,4}")


def verify(headers, body, secret, tolerance_seconds=300):
    """Whether a request is genuine: body holds the bytes as received, header names are lower-case."""
    timestamp = headers.get("x-openclaw-timestamp", "")
    signatures = headers.get("x-openclaw-signature", "")
    if not re.fullmatch(r"[0-9]{1,11}", timestamp) or not SIGNATURES.fullmatch(signatures) or not secret:
        return False
    if abs(time.time() - int(timestamp)) > tolerance_seconds:
        return False
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    expected = ("sha256=" + mac.hexdigest()).encode()
    return any(hmac.compare_digest(signature.encode(), expected) for signature in signatures.split(","))
