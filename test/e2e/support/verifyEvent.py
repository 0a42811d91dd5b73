import hashlib, hmac, json, sys

for line in sys.stdin:
    request = json.loads(line)
    headers, body = request["headers"], request["body"].encode()
    signed = headers["x-openclaw-timestamp"].encode() + b"." + body
    digest = hmac.new(request["secret"].encode(), signed, hashlib.sha256).hexdigest()
    given = headers["x-openclaw-signature"].split(",")
    print(any(hmac.compare_digest("sha256=" + digest, one.strip()) for one in given))
