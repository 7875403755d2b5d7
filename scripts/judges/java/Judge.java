import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.util.LinkedHashMap;
import java.util.Map;

/** Judges tokens with nimbus-jose-jwt, and signs some with it. Reads cases, writes verdicts. */
public class Judge {
  public static void main(String[] args) throws Exception {
    Map<String, Object> input = JSONObjectUtils.parse(new String(System.in.readAllBytes(), "UTF-8"));
    Map<String, Object> claims = JSONObjectUtils.getJSONObject(input, "claims");
    Map<String, Object> verdicts = new LinkedHashMap<>();
    for (Map<String, Object> one : JSONObjectUtils.getJSONObjectArray(input, "cases")) {
      String algorithm = (String) one.get("algorithm");
      Map<String, Object> found = new LinkedHashMap<>();
      found.put("good", verdict(one, (String) one.get("token")));
      found.put("forged", verdict(one, (String) one.get("forged")));
      try {
        JWK key = JWK.parse(JSONObjectUtils.getJSONObject(one, "privateJwk"));
        SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.parse(algorithm)), JWTClaimsSet.parse(claims));
        token.sign(signer(algorithm, key));
        found.put("token", token.serialize());
      } catch (Exception error) {
        found.put("signing", error.getClass().getSimpleName());
      }
      verdicts.put(algorithm, found);
    }
    System.out.println(JSONObjectUtils.toJSONString(Map.of("version", args[0], "verdicts", verdicts)));
  }

  private static String verdict(Map<String, Object> one, String token) {
    try {
      String algorithm = (String) one.get("algorithm");
      JWK key = JWK.parse(JSONObjectUtils.getJSONObject(one, "publicJwk"));
      SignedJWT parsed = SignedJWT.parse(token);
      if (!parsed.getHeader().getAlgorithm().getName().equals(algorithm)) return "another algorithm";
      return parsed.verify(verifier(algorithm, key)) ? "accepted" : "invalid signature";
    } catch (Exception error) {
      return error.getClass().getSimpleName();
    }
  }

  private static JWSVerifier verifier(String algorithm, JWK key) throws Exception {
    if (algorithm.startsWith("HS")) return new MACVerifier(key.toOctetSequenceKey());
    if (algorithm.startsWith("ES")) return new ECDSAVerifier(key.toECKey());
    if (algorithm.startsWith("RS") || algorithm.startsWith("PS")) return new RSASSAVerifier(key.toRSAKey());
    throw new IllegalArgumentException("needs Tink");
  }

  private static JWSSigner signer(String algorithm, JWK key) throws Exception {
    if (algorithm.startsWith("HS")) return new MACSigner(key.toOctetSequenceKey());
    if (algorithm.startsWith("ES")) return new ECDSASigner(key.toECKey());
    if (algorithm.startsWith("RS") || algorithm.startsWith("PS")) return new RSASSASigner(key.toRSAKey());
    throw new IllegalArgumentException("needs Tink");
  }
}
