"""Who appears in the demo: companies that do not exist, in towns that do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stdnum.be import vat

from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.references import format_enterprise_number

# Numbers of this series were never given out.
_UNUSED_SERIES: Final = 9_990_000
_PASSWORD: Final = "demo-encaiss-2026"  # noqa: S105 - printed to everybody; exists with made-up data only


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account of the demo; ``client`` is a slug, "" for the agency's own people."""

    email: str
    password: str
    name: str
    role: Role
    client: str
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Debtor:
    """A made-up customer.

    Attributes:
        number: the client's own number for it.
        term: payment term as the client's files word it, "" for the client's default.
        habit: name of how it pays, a key of :data:`encaiss_dashboard.demo.habits.HABITS`.
        monthly: invoices a month, on average.
        size: factor on the client's usual invoice.
    """

    number: str
    name: str
    city: str
    postcode: str
    address: str
    language: str
    country: str
    vat_number: str
    email: str
    term: str
    habit: str
    monthly: float
    size: float


def enterprise_number(serial: int) -> str:
    """A number with valid check digits from a series that nobody has."""
    base = f"{_UNUSED_SERIES + serial:08d}"
    return vat.compact(f"{base}{97 - int(base) % 97:02d}")


def printed_number(serial: int) -> str:
    """The same as it is printed on letters."""
    return format_enterprise_number(enterprise_number(serial))


def logins() -> list[DemoLogin]:
    """Every account of the demo, the one to begin with first."""
    return [
        DemoLogin("demo@menuiserie-exemple.example", _PASSWORD, "Compte démo", Role.OWNER, JOINER),
        DemoLogin("lecture@menuiserie-exemple.example", _PASSWORD, "Lecture seule", Role.READER, JOINER),
        DemoLogin("signature@menuiserie-exemple.example", _PASSWORD, "Signature", Role.SIGNATORY, JOINER),
        DemoLogin("demo@kasteelhof-it.example", _PASSWORD, "Demo Kasteelhof", Role.OWNER, SUPPORT, "nl"),
        DemoLogin("gestion@encaiss-recouvrement.example", _PASSWORD, "Gestion", Role.CASE_MANAGER, ""),
        DemoLogin("admin@encaiss-recouvrement.example", _PASSWORD, "Administration", Role.ADMINISTRATOR, ""),
    ]


JOINER: Final = "menuiserie-exemple"
SUPPORT: Final = "kasteelhof-it"

# name, postcode and town, language, term, habit, invoices a month, size
_JOINER: Final = """
Brasserie du Condroz SRL|5590 Ciney|fr|30 jours|slow|0.5|1.0
Van Acker Bouw BV|2800 Mechelen|nl|30 jours|prompt|0.5|1.1
Clinique du Val ASBL|5500 Dinant|fr|30 jours|prompt|0.5|1.0
Delcourt Cuisines SRL|5000 Namur|fr|30 jours|prompt|0.6|0.9
Immo Meuse & Lesse SA|5500 Dinant|fr|30 jours|slow|0.6|1.0
Ateliers de la Haute-Sûre SRL|6600 Bastogne|fr|30 jours|slow|1.0|0.9
Boulangerie des Tilleuls SRL|5590 Ciney|fr|15 jours|prompt|0.6|0.4
Résidence Les Glycines ASBL|5100 Jambes|fr||prompt|1.2|1.3
Construct Famenne SA|6900 Marche-en-Famenne|fr||late|2.0|1.3
Toitures du Bocq SRL|5530 Yvoir|fr|30 jours|late|1.4|0.9
Hôtel du Beffroi d'Ardenne SA|6600 Bastogne|fr|30 jours|slow|0.8|1.2
Fiduciaire Sambre & Cie SRL|5000 Namur|fr|15 jours|prompt|0.4|0.6
Garage de la Lesse SRL|5580 Rochefort|fr|15 jours|late|0.5|0.5
École du Vieux Moulin ASBL|5300 Andenne|fr|30 jours|prompt|0.8|1.25
Pharmacie des Remparts SRL|5000 Namur|fr|15 jours|prompt|0.4|0.5
Promotions Val Mosan SA|5000 Namur|fr|30 jours|late|1.6|1.2
Rénova Condroz SRL|5590 Ciney|fr|15 jours|late|2.2|0.8
Maison de Repos La Sapinière ASBL|5660 Couvin|fr|30 jours|slow|0.9|1.2
Carrelages du Samson SRL|5340 Gesves|fr|15 jours|prompt|1.0|0.7
Domaine des Hautes Haies SRL|5590 Ciney|fr|30 jours|slow|0.6|1.25
Fromagerie du Plateau SRL|5370 Havelange|fr|15 jours|prompt|0.4|0.6
Espace Bureau Ardennes SA|6800 Libramont|fr|30 jours|late|1.1|1.2
Cabinet d'architecture Trois Ponts SRL|4000 Liège|fr|15 jours|prompt|0.5|0.6
Les Bâtisseurs du Hoyoux SA|4500 Huy|fr|30 jours|slow|2.0|1.25
Traiteur Au Bon Accueil SRL|5590 Ciney|fr|15 jours|late|0.4|0.4
Librairie La Page Cornée SRL|6900 Marche-en-Famenne|fr|15 jours|slow|0.3|0.5
Scierie de la Wamme SA|6950 Nassogne|fr|15 jours|prompt|1.0|0.8
Crèche Les Sabots Rouges ASBL|5330 Assesse|fr|30 jours|prompt|0.4|0.7
Immobilière des Trois Vallées SA|5000 Namur|fr|30 jours|late|1.5|1.25
Golf du Château Vert ASBL|5150 Floreffe|fr|30 jours|slow|0.4|1.2
Menuiseries associées du Sud SRL|6700 Arlon|fr|15 jours|prompt|1.4|0.7
Auberge du Vieux Lavoir SRL|5540 Hastière|fr|15 jours|very_late|0.5|0.6
Cuisines Bellefontaine SRL|5100 Wépion|fr|15 jours|prompt|1.8|0.8
Centre sportif du Crupet ASBL|5332 Assesse|fr|30 jours|slow|0.5|1.0
Vitrerie Moderne de Huy SRL|4500 Huy|fr|15 jours|prompt|1.0|0.5
Atelier Lumière & Bois SRL|5000 Namur|fr|30 jours|parts|0.9|0.7
Polyclinique des Sept Sources ASBL|5000 Namur|fr||prompt|1.3|1.3
Logements Publics du Bocq SCRL|5530 Yvoir|fr|30 jours|prompt|1.6|1.5
Bureau d'études Horizon SRL|1348 Louvain-la-Neuve|fr|30 jours|prompt|0.6|0.6
Salon Coiffure Élégance Mosane SRL|5500 Dinant|fr|15 jours|hardly|0.25|0.4
Transports de la Molignée SA|5537 Anhée|fr|30 jours|late|0.6|0.7
Interieur Bosrank BV|3000 Leuven|nl|15 jours|slow|1.0|1.0
De Linde Projecten NV|1500 Halle|nl|30 jours|late|1.3|1.3
Houthandel Ter Kempen BV|2440 Geel|nl|15 jours|prompt|1.0|0.7
Bakkerij 't Zonneveld BV|3300 Tienen|nl|15 jours|prompt|0.3|0.4
Woonzorg De Meiboom VZW|3500 Hasselt|nl|30 jours|prompt|1.0|1.25
Keukens Hagelandhof BV|3200 Aarschot|nl|15 jours|slow|1.2|0.8
Bouwgroep Zuiderdijk NV|2000 Antwerpen|nl||late|1.5|1.35
Interior Works Europe SRL|1000 Bruxelles|en|30 jours|slow|0.9|1.3
Northgate Offices Belgium SA|1040 Bruxelles|en|30 jours|prompt|0.8|1.2
Brightwater Hotels SRL|1200 Bruxelles|en|30 jours|very_late|0.5|0.8
Menuiserie Générale de Givet SARL|08600 Givet|fr|30 jours|prompt|0.9|0.9
Agencements Champenois SAS|51100 Reims|fr|30 jours|late|0.6|0.9
Charpentes de la Pointe SAS|08000 Charleville-Mézières|fr|30 jours|slow|0.8|1.0
Café-théâtre Le Rideau Bleu ASBL|5000 Namur|fr|15 jours|parts|0.3|0.4
Ferme des Quatre Bras SRL|5370 Havelange|fr|30 jours|slow|0.4|0.7
Brocante du Grognon SRL|5000 Namur|fr|15 jours|hardly|0.2|0.3
Isolation Verte Mosane SRL|5300 Andenne|fr|30 jours|very_late|0.8|0.7
Copropriété Les Terrasses du Lac ASBL|6900 Marche-en-Famenne|fr|30 jours|late|0.5|0.9
Pépinières du Tige SRL|5590 Ciney|fr|30 jours|prompt|0.5|0.6
"""

_SUPPORT: Final = """
Drukkerij Het Zegel BV|9000 Gent|nl|30 dagen|slow|0.9|0.9
Logistiek Noorderdok NV|2030 Antwerpen|nl|30 dagen|prompt|1.2|1.3
Tandartsengroep De Brug BV|2800 Mechelen|nl|14 dagen|prompt|0.8|0.7
Advocatenkantoor Lindenhof BV|3000 Leuven|nl|30 dagen|slow|0.8|1.0
Kinderopvang 't Zonnesprookje VZW|1800 Vilvoorde|nl|30 dagen|prompt|0.6|0.4
Bouwmaterialen Rupelstreek NV|2850 Boom|nl|30 dagen|late|1.0|1.2
Apotheek Vrijheidsplein BV|2000 Antwerpen|nl|14 dagen|prompt|0.8|0.5
Transport Kempenland BV|2300 Turnhout|nl|30 dagen|very_late|0.9|1.0
Stadsbrouwerij De Kraan BV|2800 Mechelen|nl|30 dagen|late|0.7|0.8
Fietsen Scheldezicht BV|9200 Dendermonde|nl|14 dagen|prompt|0.6|0.5
Architectenbureau Vijfhoek BV|3000 Leuven|nl|30 dagen|prompt|0.9|0.9
Woonzorgcentrum Avondrust VZW|1980 Zemst|nl|60 dagen|prompt|1.2|1.35
Metaalwerken Dijlevallei NV|3110 Rotselaar|nl|30 dagen|slow|1.1|1.3
Notariaat Grote Markt BV|2800 Mechelen|nl|14 dagen|prompt|0.7|0.8
Sportclub De Wielewaal VZW|2860 Sint-Katelijne-Waver|nl|30 dagen|late|0.4|0.4
Groenten Pajottenland BV|1750 Lennik|nl|30 dagen|slow|0.8|0.7
Hotel Het Zilveren Anker NV|8000 Brugge|nl|30 dagen|late|0.9|1.2
Kapsalon Krul & Knip BV|2800 Mechelen|nl|14 dagen|hardly|0.25|0.3
Verzekeringen Noord & Zuid BV|2500 Lier|nl|30 dagen|prompt|0.8|0.8
Reisbureau Verre Einders BV|2000 Antwerpen|nl|30 dagen|parts|0.6|0.6
School De Regenboogtuin VZW|1850 Grimbergen|nl|30 dagen|prompt|1.0|1.3
Labo Delta Diagnostiek NV|9050 Gentbrugge|nl|30 dagen|prompt|1.2|1.4
Visgroothandel Noordzeekaai NV|8400 Oostende|nl|30 dagen|very_late|0.8|1.1
Harbour View Consulting BV|2000 Antwerpen|en|30 dagen|slow|0.9|1.2
Lowlands Software Europe BV|1930 Zaventem|en|30 dagen|prompt|1.2|1.3
Meubelen Ter Wilgen BV|9700 Oudenaarde|nl|30 dagen|late|0.7|0.7
Tuinaanleg Groene Vingers BV|2570 Duffel|nl|30 dagen|slow|0.5|0.5
Bureau Wallonie-Flandre SRL|1400 Nivelles|fr|30 dagen|prompt|0.7|0.9
Imprimerie du Canal SRL|1480 Tubize|fr|30 dagen|late|0.6|0.8
Dierenkliniek Het Hazenpad BV|2820 Bonheiden|nl|14 dagen|slow|0.6|0.5
"""
# A mailbox that was closed, and debtors that never gave one: those are written to by post.
UNREACHABLE: Final = "compta@copropriete-les-terrasses-du-lac.example"
_BY_POST: Final = frozenset(
    {"Ferme des Quatre Bras SRL", "Brocante du Grognon SRL", "Kapsalon Krul & Knip BV"}
)
_STREETS: Final = {
    "fr": (
        "Rue du Moulin",
        "Chaussée de Dinant",
        "Rue de la Gare",
        "Place du Marché",
        "Avenue des Combattants",
    ),
    "nl": ("Stationsstraat", "Molenstraat", "Kerkplein", "Industrielaan", "Dorpsstraat"),
    "en": ("Avenue de la Renaissance", "Rue du Commerce", "Chaussée de Louvain", "Rue Royale", "Meir"),
}
_FRENCH_FORMS: Final = (" SARL", " SAS")
_LEGAL_FORM: Final = {"srl", "sa", "bv", "nv", "asbl", "vzw", "scrl", "sarl", "sas", "cie"}


def joiner_debtors() -> list[Debtor]:
    """The sixty customers of the joiner."""
    return [_debtor(line, 100 + i, f"C{1001 + i}") for i, line in enumerate(_JOINER.split("\n")[1:-1])]


def support_debtors() -> list[Debtor]:
    """The thirty customers of the IT firm."""
    return [_debtor(line, 300 + i, f"{20100 + 10 * i}") for i, line in enumerate(_SUPPORT.split("\n")[1:-1])]


def _debtor(line: str, serial: int, number: str) -> Debtor:
    name, where, language, term, habit, monthly, size = line.split("|")
    postcode, _, city = where.partition(" ")
    french = name.endswith(_FRENCH_FORMS)
    words = [w for w in "".join(c if c.isalnum() else " " for c in name_key(name)).split() if len(w) > 1]
    domain = "-".join(w for w in words if w not in _LEGAL_FORM)
    mailbox = {"fr": "compta", "nl": "boekhouding", "en": "accounts"}[language]
    streets = _STREETS[language]
    return Debtor(
        number=number,
        name=name,
        city=city,
        postcode=postcode,
        address=f"{streets[serial % len(streets)]} {serial % 97 + 1}",
        language=language,
        country="FR" if french else "BE",
        vat_number="" if french else enterprise_number(serial),
        email="" if name in _BY_POST else f"{mailbox}@{domain}.example",
        term=term,
        habit=habit,
        monthly=float(monthly),
        size=float(size),
    )
