"""Measures what python_jwt, PyJWT and jwcrypto do for one row, where they are installed. Prints JSON."""
import json, sys, time

keys = json.load(sys.stdin)
budget = keys["seconds"]
algorithm = keys["algorithm"]
hmac = algorithm.startswith("HS")
secret = bytes.fromhex(keys["secret"])


def claims():
    now = int(time.time())
    return {"sub": "alice", "iat": now, "exp": now + 3600}


def measure(call):
    call()
    count, cpu = 0, time.process_time()
    while time.process_time() - cpu < budget or count < 3:
        call()
        count += 1
    return (time.process_time() - cpu) / count * 1e6


def pyjwt():
    import jwt
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    private = secret if hmac else load_pem_private_key(keys["privatePem"].encode(), None)
    public = secret if hmac else load_pem_public_key(keys["publicPem"].encode())
    token = jwt.encode(claims(), private, algorithm)
    rows = {
        "generate token": lambda: jwt.encode(claims(), private, algorithm),
        "verify token": lambda: jwt.decode(token, public, [algorithm]),
    }
    if not hmac:
        rows["load key"] = lambda: load_pem_private_key(keys["privatePem"].encode(), None)
    return rows


def jwcrypto():
    from jwcrypto import jwk, jwt

    def load():
        if hmac:
            return jwk.JWK(kty="oct", k=jwk.base64url_encode(secret))
        return jwk.JWK.from_pem(keys["privatePem"].encode())

    key = load()

    def make():
        token = jwt.JWT(header={"alg": algorithm, "typ": "JWT"}, claims=claims())
        token.make_signed_token(key)
        return token.serialize()

    text = make()
    return {
        "load key": load,
        "generate token": make,
        "verify token": lambda: jwt.JWT(jwt=text, key=key, algs=[algorithm]),
    }


def python_jwt():
    import datetime
    import python_jwt as jwt
    from jwcrypto import jwk

    def load():
        if hmac:
            return jwk.JWK(kty="oct", k=jwk.base64url_encode(secret))
        return jwk.JWK.from_pem(keys["privatePem"].encode())

    key = load()
    hour = datetime.timedelta(hours=1)
    token = jwt.generate_jwt({"sub": "alice"}, key, algorithm, hour)
    return {
        "load key": load,
        "generate token": lambda: jwt.generate_jwt({"sub": "alice"}, key, algorithm, hour),
        "verify token": lambda: jwt.verify_jwt(token, key, [algorithm]),
    }


found = {}
for name, make in {"PyJWT": pyjwt, "jwcrypto": jwcrypto, "python_jwt": python_jwt}.items():
    try:
        found[name] = {row: measure(call) for row, call in make().items()}
    except Exception as error:  # not installed, or without the algorithm: a gap in the table
        print(f"{name}, {algorithm}: {error}", file=sys.stderr)
print(json.dumps(found))
