"""The words on screen for what a connection's verdict and reasons are called inside (evidence/transport)."""

from __future__ import annotations

from addin_backend.model.decision import Texts

VERDICTS = {
    "register": Texts(da="Partner med tvungen TLS", en="Partner with enforced TLS"),
    "dane": Texts(da="Lover TLS med DANE", en="Promises TLS by DANE"),
    "mta_sts_enforce": Texts(da="Lover TLS med MTA-STS", en="Promises TLS by MTA-STS"),
    "dane_partial": Texts(da="DANE kun på en del", en="DANE on a part only"),
    "authenticated_now": Texts(da="Krypteret og bekræftet, uden løfte", en="Encrypted and authenticated, without a promise"),
    "encrypted_now": Texts(da="Krypteret, men ikke bekræftet", en="Encrypted, not authenticated"),
    "legacy_tls": Texts(da="Forældet kryptering", en="Outdated encryption"),
    "plaintext": Texts(da="Ingen kryptering", en="No encryption"),
    "refuses": Texts(da="Tager ikke imod mail", en="Takes no mail"),
    "contradicted": Texts(da="Modstridende oplysninger", en="Contradicts itself"),
    "unknown": Texts(da="Ukendt", en="Unknown"),
}
SUFFICIENT = frozenset({"register", "dane", "mta_sts_enforce"})

_REASONS = {
    "null_mx": Texts(da="Domænet siger selv, at det ikke tager imod mail", en="The domain itself says that it takes no mail"),
    "no_such_domain": Texts(da="Domænet findes ikke", en="There is no such domain"),
    "no_mx_and_no_address": Texts(da="Domænet har ingen mailserver", en="The domain has no mail server"),
    "mx_without_address": Texts(da="Mailserveren har ingen adresse", en="The mail server has no address"),
    "null_mx_beside_others": Texts(da="Domænet siger både ja og nej til mail", en="The domain says both yes and no to mail"),
    "mx_unusable": Texts(da="Mailserveren er skrevet som et tal, ikke et navn", en="The mail server is written as a number, not as a name"),
    "mx_address_ignored": Texts(da="En af mailserverne kan ikke bruges", en="One of the mail servers cannot be used"),
    "mx_implicit": Texts(da="Domænet er sin egen mailserver", en="The domain is its own mail server"),
    "too_many_mx": Texts(da="Flere mailservere, end vi ser på", en="More mail servers than we look at"),
    "dns_timeout": Texts(da="Navneserveren svarede ikke i tide", en="The name server did not answer in time"),
    "dns_error": Texts(da="Navneserveren svarede med en fejl", en="The name server answered with an error"),
    "dnssec_bogus": Texts(da="Domænets signatur i DNS passer ikke", en="The domain's signature in DNS does not hold"),
    "dane_unknown": Texts(da="DANE kunne ikke slås op", en="DANE could not be looked up"),
    "dane_mismatch": Texts(da="Certifikatet er ikke det, som DANE lover", en="The certificate is not the one that DANE promises"),
    "dane_unusable": Texts(da="DANE-posterne kan ikke bruges", en="The DANE records cannot be used"),
    "mx_not_in_policy": Texts(da="Mailserveren står ikke i domænets MTA-STS", en="The mail server is not in the domain's MTA-STS policy"),
    "certificate_not_trusted": Texts(
        da="Certifikatet holder ikke, som MTA-STS kræver", en="The certificate does not hold as MTA-STS demands"
    ),
    "mta_sts_no_record": Texts(da="Domænet lover intet med MTA-STS", en="The domain promises nothing by MTA-STS"),
    "mta_sts_none": Texts(da="Domænet har trukket sit MTA-STS-løfte tilbage", en="The domain has withdrawn its MTA-STS promise"),
    "mta_sts_testing": Texts(da="Domænet prøver kun MTA-STS af", en="The domain only tests MTA-STS"),
    "mta_sts_expired": Texts(da="MTA-STS-løftet er løbet ud", en="The MTA-STS promise has run out"),
    "mta_sts_not_asked": Texts(da="Der er ikke spurgt om MTA-STS", en="MTA-STS was not asked about"),
    "mta_sts_kept_nothing": Texts(da="Det tidligere MTA-STS-løfte gælder endnu", en="The earlier MTA-STS promise still counts"),
    "mta_sts_kept_failure": Texts(da="Det tidligere MTA-STS-løfte gælder endnu", en="The earlier MTA-STS promise still counts"),
    "probe_stale": Texts(da="Serveren er ikke undersøgt det seneste døgn", en="The server has not been probed for a day"),
    "probe_unknown": Texts(da="Serveren kunne ikke undersøges", en="The server could not be probed"),
    "probe_encrypted": Texts(da="Serverens certifikat holder ikke", en="The server's certificate does not hold"),
    "probe_legacy_tls": Texts(da="Serveren kan kun forældet kryptering", en="The server knows outdated encryption only"),
    "probe_plaintext": Texts(da="Serveren krypterer ikke", en="The server does not encrypt"),
    "probe_no_starttls": Texts(da="Serveren krypterer ikke", en="The server does not encrypt"),
    "certificate_expired": Texts(da="Certifikatet er udløbet", en="The certificate has expired"),
    "certificate_wrong_name": Texts(da="Certifikatet er til et andet navn", en="The certificate is for another name"),
    "certificate_self_signed": Texts(da="Certifikatet er udstedt af serveren selv", en="The certificate was issued by the server itself"),
    "certificate_untrusted": Texts(da="Certifikatets udsteder er ukendt", en="The certificate's issuer is unknown"),
    "register_expired": Texts(da="Aftalen om tvungen TLS er udløbet", en="The agreement on enforced TLS has expired"),
    "register_not_yet_valid": Texts(da="Aftalen om tvungen TLS gælder ikke endnu", en="The agreement on enforced TLS is not in force yet"),
    "register_unverified": Texts(
        da="Ingen har afprøvet forbindelsen i et halvt år", en="Nobody has verified the connector for half a year"
    ),
    "register_review_overdue": Texts(da="Aftalen skulle være gennemgået", en="The agreement is due for review"),
    "report_no_tls": Texts(da="Exchange har set mail dertil uden TLS", en="Exchange has seen mail to it without TLS"),
    "evidence_stale": Texts(da="Det, vi vidste, er for gammelt", en="What we knew is too old"),
    "not_asked": Texts(da="Der er ikke spurgt endnu", en="Not asked yet"),
    "out_of_time": Texts(da="Der var ikke tid til at finde ud af det", en="There was no time to find out"),
    "proof_not_kept": Texts(da="Beviset kunne ikke gemmes", en="The evidence could not be kept"),
    "address_literal": Texts(da="En IP-adresse er ikke et domæne", en="An IP address is no domain"),
    "not_a_domain": Texts(da="Det er ikke et domæne", en="It is not a domain"),
}
_FAMILIES = (
    ("mta_sts_fetch_", Texts(da="MTA-STS-politikken kunne ikke hentes", en="The MTA-STS policy could not be fetched")),
    ("mta_sts_", Texts(da="Der er en fejl i domænets MTA-STS", en="There is a fault in the domain's MTA-STS")),
    ("certificate_", Texts(da="Serverens certifikat holder ikke", en="The server's certificate does not hold")),
    ("probe_", Texts(da="Serveren svarede ikke, så vi kunne se det", en="The server did not answer so that we could tell")),
)
_OTHER = Texts(da="Kunne ikke afgøres", en="Could not be decided")


def reason_words(reason: str) -> Texts:
    """One reason in words. The word itself stays on the page as a title: support asks for it."""
    found = _REASONS.get(reason)
    return found or next((words for prefix, words in _FAMILIES if reason.startswith(prefix)), _OTHER)
