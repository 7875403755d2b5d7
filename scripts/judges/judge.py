"""Judges tokens with a library of Python's, and signs some with it. Reads cases, writes verdicts."""

import json
import sys


def pyjwt():
    import jwt

    def key(case, private):
        if "secret" in case:
            return bytes.fromhex(case["secret"])
        return case["privatePem" if private else "publicPem"]

    def verify(case, token):
        jwt.decode(token, key(case, False), algorithms=[case["algorithm"]], audience="orders")

    def sign(case, claims):
        return jwt.encode(claims, key(case, True), algorithm=case["algorithm"])

    return verify, sign, jwt.__version__


def jwcrypto():
    from jwcrypto import jwk, jws, jwt

    def verify(case, token):
        key = jwk.JWK(**case["publicJwk"])
        jwt.JWT(jwt=token, key=key, algs=[case["algorithm"]])

    def sign(case, claims):
        key = jwk.JWK(**case["privateJwk"])
        token = jwt.JWT(header={"alg": case["algorithm"], "typ": "JWT"}, claims=claims)
        jws.default_allowed_algs.append(case["algorithm"])
        token.make_signed_token(key)
        return token.serialize()

    return verify, sign, version("jwcrypto")


def python_jwt():
    import datetime

    import python_jwt
    from jwcrypto import jwk

    def verify(case, token):
        key = jwk.JWK(**case["publicJwk"])
        python_jwt.verify_jwt(token, key, [case["algorithm"]], checks_optional=True)

    def sign(case, claims):
        key = jwk.JWK(**case["privateJwk"])
        lifetime = datetime.timedelta(minutes=5)
        return python_jwt.generate_jwt(claims, key, case["algorithm"], lifetime)

    return verify, sign, version("python_jwt")


def version(name):
    from importlib.metadata import version as of

    return of(name)


def verdict(work):
    try:
        work()
        return "accepted"
    except Exception as error:  # Whatever it is: the library does not take it.
        return type(error).__name__


def vonage(cases):
    """Its application JWT, and what its webhook check says of two tokens."""
    from vonage_jwt.jwt import JwtClient
    from vonage_jwt.verify_jwt import verify_signature

    case = cases["vonage"]
    token = JwtClient(case["applicationId"], case["privatePem"]).generate_application_jwt()
    return {
        "version": version("vonage-jwt"),
        "token": token.decode(),
        "good": verify_signature(case["webhook"], case["signatureSecret"]),
        "other": verify_signature(case["webhook"], "x" * 32),
    }


def main():
    cases = json.load(sys.stdin)
    if sys.argv[1] == "vonage":
        print(json.dumps(vonage(cases)))
        return
    verify, sign, number = {"pyjwt": pyjwt, "jwcrypto": jwcrypto, "python_jwt": python_jwt}[sys.argv[1]]()
    verdicts = {}
    for case in cases["cases"]:
        found = {
            "good": verdict(lambda: verify(case, case["token"])),
            "forged": verdict(lambda: verify(case, case["forged"])),
        }
        try:
            found["token"] = sign(case, dict(cases["claims"]))
        except Exception as error:
            found["signing"] = type(error).__name__
        verdicts[case["algorithm"]] = found
    print(json.dumps({"version": number, "verdicts": verdicts}))


main()
