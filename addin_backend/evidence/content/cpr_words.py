"""The words that say what a number is: a CPR number, or the number of a thing. In lower case, for ``Passage.folded``."""

from __future__ import annotations

import re

KEYWORD = re.compile(
    r"(?<![a-zæøå])(?:pnr|e?cpr(?!\W{1,2}(?:and|og|training|course|session|cert|dummy|class|instruct|drill|dukke|øvelse|manikin"
    r"|skills))"
    r"|pers(?:on(?:al|en)?)?\.?\s?-?(?:nummer|numre|number|nr|no\b\.?)|personnumre\w*|administrativ(?:e|t)? (?:nummer|number|nr|id)\b"
    r"|sygesikring(?:snummer|snr|sbevis)?|sundhedskort\w*|danish (?:id"
    r"|number|no\.)|danske? (?:id|nummer|nr)|dänische nummer"
    r"|fødselsnummer|fødselsnr|fødsels- og personnummer|civil reg(?:istration|\.)|erstatningsnummer|erstatningsnr"
    r"|erstatnings-?personnummer"
    r"|national id(?:entification)?|social security|ssn|tax id|identifikationsnummer|identification number|person-?id|personligt id"
    r"|personal id"
    r"|(?:de|the|alle|all) (?:ti|ten|10) (?:cifre|digits))"
    r"(?![a-zæøå]*(?:brev|bekend))",
)
LABEL = re.compile(
    r"(?:cpr|personnummer|personnr|personal n(?:umber|o\b)|pers\.? ?(?:nr|no)\b|personennummer"
    r"|fødselsnummer|sygesikring|sundhedskort|civil reg(?:istration|\.)|erstatningsnummer"
    r"|erstatningspersonnummer"
    r"|(?<![a-z])ssn|danish (?:id|number|no\.)|danske? (?:id|nummer|nr))[a-zæøå.]{0,8}[ \t]*(?:-?\s?(?:nr|nummer|numre|no"
    r"|number)\b\.?)?[ \t]*"
    r"(?:(?:er|is|var|på|for|of|hedder|lyder)(?: (?:vist|nok|altså|jo|også|now|still|vistnok|på|stadig))?"
    r"|(?:på|for|of) \w+(?: \w+)? (?:er|is)|:|=|;|\(|,|/)?[ \t:=(\"'*>\[]*$"
)
# Words for the number of a thing: long ones also as the end of a compound ("supportsag"), short ones only alone.
_THING = (
    r"ordren?|order|faktura(?:en)?|invoice|bilag(?:et)?|sag(?:en)?|case|reference(?:n)?|kvittering(?:en)?|receipt|ticket|tracking"
    r"|track ?(?:&|and|og) ?trace"
    r"|pakken?|pakkelabel|parcel|shipment|consignment|forsendelsen?|policen?|policy|version(?:en)?|versjon(?:en)?|release|revision|serien?|serial"
    r"|batch|konto(?:en)?|account"
    r"|telefon|mobil|phone|vare(?:n)?|artikel|model|måler(?:en)?|meter|timestamp|tidsstempel|rekvisition(?:en)?|purchase order"
    r"|billet(?:ten)?|booking|reservation(?:en)?"
    r"|passcode|licens|license|skade(?:n)?|claim|anlæg(?:get)?|aftale|commit|kode(?:n)?|key|nøgle|nøglekort|adgangskort"
    r"|transaktion(?:en)?|transaction|fejl(?:en)?|error|kørsel|kørslen"
    r"|jobbet|chassis|stelnummer|matrikel|lejemål(?:et)?|projekt(?:et)?|project|udbud|tender|protokol|bestilling(?:en)?"
    r"|opgave(?:n)?|incident|hændelse(?:n)?|firmware|stregkode|barcode"
    r"|lokation|ejendom(?:men)?|postboks|container|trailer|gavekort|voucher|betaling|payment|kreditor|leverandør|supplier|vendor"
    r"|budget|afdeling|department|lokale|mandat|token"
    r"|seddel|sedlen|label|anmeldelse|genstand|maskine|machine|asset|inventar|enhed(?:en)?|device|pumpe|printer|terminal|sensor"
    r"|edition|kampagne|tilbud|quote|nummerplade|dør"
    r"|løbenummer|sekvens|sequence|parti|regning(?:en)?|bill(?!e)|apparat|elevator|kopimaskine|skærm|server|router|opgavenr|patch"
    r"|reservedel(?:en)?|locker|badge|tegning(?:en)?|drawing|alarm(?:en)?"
    r"|lejlighed(?:en)?|bolig(?:en)?|materiale(?:t)?|farve(?:n)?|bolt(?:en)?|plade(?:n)?|æske(?:n)?|skilt(?:et)?|sticker|etiket(?:ten)?"
    r"|patent(?:et)?|gravsted(?:et)?|kunstværk(?:et)?|kasse(?:n)?"
    r"|certi(?:ficate|fikat|fikatet)|diplom(?:et)?|produkt(?:et)?|product|software(?:n)?|udgave(?:n)?"
    r"|levering(?:en)?|leverance(?:n)?|delivery|nøglebrik(?:ken)?|brikken|skab(?:et)?|cabinet|kabel|kablet|ventil(?:en)?|motor(?:en)?"
    r"|engine|kedel|kedlen|boiler|filter|filtret|batteri(?:et)?|battery|computer(?:en)?|tablet(?:ten)?|drone(?:n)?|kamera(?:et)?|camera"
    r"|cykel|cyklen|bicycle|båd(?:en)?|vessel|modul(?:et)?|module|abonnement(?:et)?|subscription|kupon(?:en)?|coupon"
    r"|cirkulære(?:t)?|bekendtgørelse(?:n)?"
    r"|opskrift(?:en)?|recipe|bølgeplade|hylde(?:n)?|shelf|nettet|network|netværk(?:et)?|fragtbrev(?:et)?"
    r"|lieferschein|rechnung|auftrag|bestellung|vertrag|aktenzeichen|kunden-?nr|ärende(?:t)?|leverans(?:en)?|saks?nummer|beställning(?:en)?"
    r"|donation(?:en)?|stander(?:en)?|lampe(?:n)?|møbel|møblet|lås(?:en)?|rack|node|switch|fragt(?:en)?"
    r"|instrument|vogn(?:en)?|pallen?|kollo|kolli|gtin"
    r"|logger(?:en)?|målepunkt(?:et)?|akt(?:en)?|working paper|leaflet|skabelon(?:en)?|print|zeichen|queue|dealer|charity"
    r"|handel(?:en)?|handlen|fond(?:en)?|trade|(?<!re)funds?|fondskode|forward|swap|deal|contract note|fee note|settlement|afregning(?:en)?"
    r"|obligation(?:en)?|bond|isin"
    r"|afhentning(?:en)?|pick-?up|crates?|filen?|tåg(?:et)?|zug|train|paket(?:et)?|sändning(?:en)?|sendung|lieferung"
    r"|(?:vindende|udtrukne|heldige|winning|lucky|drawn) (?:numre|numbers)|vindernumre|gevinst(?:en)?|lod(?:det)?"
    r"|ordning(?:en)?|profile|profil(?:en)?"
    r"|hotel|minibus|engine|byggesag|pjece(?:n)?|folder(?:en)?|hovednotering|station|kiosk|depot|box|boxes|bin|tags?|journaliseret|specimen"
    r"|leverance|målere|pumpe(?:n)?|brønd(?:en)?|spand(?:en)?|charter|permit|postkasse(?:n)?|nøgleboks(?:en)?"
)
# What is filed under a number of its own and is about a person as often: it counts right before a number only.
_DOSSIER = (
    r"nota(?:t|tet)|kursus|kurset|blanket(?:ten)?|formular(?:en)?|skema(?:et)?|kontrakt(?:en)?|contract|bevilling(?:en)?|ansøgning(?:en)?"
    r"|indberetning(?:en)?|program(?:met)?|rapport(?:en)?|report|afgørelse(?:n)?|kendelse(?:n)?|henvendelse(?:n)?|enquiry|inquiry"
    r"|anmodning(?:en)?|request|klage(?:n)?|complaint|indsigelse(?:n)?|registration|registrering(?:en)?|tilladelse(?:n)?|godkendelse(?:n)?"
    r"|approval|bogen"
)
_ADJACENT = (  # things with a number of their own, named right before it; what may be a person's paper or place is left out
    r"rejse|kuvert|brev|lot(?:tet)?|charge|prøverør|lodtrækning|trækning|opslag|annonce|manifest|skib|afgang|sædet?|præmie|aktie|simkort"
    r"|modem(?:met)?|p-plads|parkeringsplads|zone|rute|bus(?:sen)?|stoppested|hyldemærke|katalog|grav|skøde|artikl|maling|formel"
    r"|formlen|build|ændring|script|autorisation|kladde|plombe|hjælpemiddel|hjælpemidlet|rollator|kørestol|seng|madras(?:sen)?|hæfte"
    r"|nodesæt(?:tet)?|kostume|bold|trøje|medalje|pokal|armbånd|garderobe|vareprøve|vandprøve|jordprøve|forsøg|licitation|domæne|film"
    r"|bånd|kassette|dåse|flaske|pose|sæk(?:ken)?|tønde|tank|fyr|solcelle|inverter|armatur|vindue|port|hegn|spil(?:let)?|værdibevis"
    r"|appendiks(?:et)?|afsnit(?:tet)?|paragraf(?:fen)?|lovforslag|tidsslot|biljett|kartong|låda|lådan|nyckeln?|skåp|eske|nøkkel"
    r"|vorgang|karton|kiste|schlüssel|fahrzeug|trip|envelope|letter|pallet|tube|campaign|lane|bib|raffle|draw|advert|vacancy"
    r"|requisition|seat|prize|share|sim|plate|bay|route|shelfmark|catalogue|exhibit|grave|plot|deed|building|article|colour|paint"
    r"|formula|spare|valve|pump|bug|issue|posting|authorisation|deposit|seal|wagon|trolley|bike|boat|wheelchair|bed|mattress|book"
    r"|score|costume|ball|shirt|medal|trophy|wristband|bid|licence|domain|tape|bottle|bag|sack|barrel|panel|charger|lamp|fitting"
    r"|window|door|fence|sign|game|memo|appendix|clause|regulation|laptop|headset|screen|projector|piano|violin|telescope|microscope"
    r"|scanner|copier|fridge|oven|cooker|freezer|unit|kit|rig|hull|propeller|mast|sail|anchor|van|truck|forklift|crane|lift|escalator"
    r"|ride|warrant|auction|bidder|gasket|position|kontonotering|ruteplan"
)
_SHORT = (
    r"ref|po|id|sn|kto|s/n|rma|sku|ean|gln|cvr|vat|kl|isbn|issn|imei|fik|giro|iban|lot|trace|build|run|step|job|log|item|tlf|tel|fax"
    r"|reg|stel|code|din|iso|cas|rekv|fakt|ordre"
    r"|varenr|lejl|box|(?<!e-)boks|bygning|bil|bilen|form|art|lov|rum|grant|matr|tegn|ur|udg|app|pc|kortet|kort(?= ?-?(?:nr|nummer"
    r"|no))|fly|flights?|tog|rute|hold|event|prøve|sample|glas|rør|dok|doc|document|dokument|journal|sending"
    r"|change|task|matter|permit|chip|type|besked-?id|møde-?id|meeting id|p-?nummer|se-?nr"
)
_ROLES = (
    r"kunde|customer|medarbejder|employee|medlem|medlems|member|elev|student|patient|borger|bruger|user|lejer|tenant|debitor|klient|client"
    r"|personale|staff|løn"
)
_NUMBERS = r"nr|nummer|nummeret|numre|numrene|number|numbers|no|id|id'et|koden?"
OTHER = re.compile(
    rf"(?<![a-zæøå])(?:[a-zæøå]{{0,22}}?(?:{_THING}|{_DOSSIER}|{_ADJACENT})(?:s|e|er|r|en|et|n|ens|ets|erne|rne|ene)?"
    rf"(?:-?[ ]?(?:{_NUMBERS}))?"
    rf"|(?:{_SHORT})(?:-?[ ]?(?:{_NUMBERS}))?|[a-zæøå]{{0,12}}?(?:{_ROLES})-?[ ]?(?:{_NUMBERS}|kort)"
    r"|(?!person|fødsels|erstatnings|cpr)[a-zæøå]{3,22}?-?(?:nr|nummer|nummeret|numre|numrene)|j\.?[ ]?nr"
    r"|(?!personal|danish|insurance|security|civil|(?<=civil )registration|id|cpr|her|his|my|your|the|their|own|new|temporary)"
    r"[a-z]{4,16} number"
    r"|ordrebekræftelse|bekræftelse|confirmation|part|application|docket|folder|mappen?|kartotek|arkiv\w*|file|record|chip|stand"
    r"|slot|gate|sektion|kapitel|paragraf|karnov|fob|ufr)"
    r"(?![a-zæøå])\.?"
)
DOSSIER = re.compile(rf"[a-zæøå]{{0,22}}?(?:{_DOSSIER}|{_ADJACENT})(?:s|e|er|r|en|et|n|ens|ets|erne|rne|ene)?\.?")
MANY = re.compile(  # the end of a word for the numbers of several things ("startnumre", "chip codes", "nøglekortene")
    r"(?:numre|numrene|numbers|koder|koderne|codes|kortene|ids|licen[sc]es|licenser|licenserne|brikker|brikkerne|tags|keys|nøgler|nøglerne"
    r"|billetter|billetterne|tickets|sager|sagerne|cases|ordrer|ordrerne|orders|pladser|pladserne|enheder|enhederne|units|devices)\.?$"
)
