/** Organizations that nobody has registered: name, street, number, post code, city, country, region. */
export const organizations: readonly (readonly [string, string, string, string, string, string, string, string])[] = [
  ["Mühlbach Käserei", "Genossenschaft", "Sägewerkstraße", "14", "87448", "Waltenhofen", "DE", "09"],
  ["Fjordline Maritime", "", "Bryggegata", "3", "5003", "Bergen", "NO", ""],
  ["Grünwald & Söhne", "Maschinenbau", "Förstergasse", "27b", "70597", "Stuttgart", "DE", "08"],
  ["Atelier Lumière", "", "Rue de l'Écluse", "9", "69002", "Lyon", "FR", ""],
  ["O'Hanlon Brewing", "", "Quay Street", "112", "T12 X8P4", "Cork", "IE", ""],
  ["Brzęczyszczykiewicz Młyn", "Sp. z o.o.", "ul. Żółta", "5/7", "31-042", "Kraków", "PL", ""],
  ["Nordlicht Optik", "", "Käthe-Straße", "1", "24103", "Kiel", "DE", "01"],
  ["Tramontana Ceràmica", "", "Carrer del Forn", "44", "17220", "Girona", "ES", ""],
  ["Zürcher Uhrenteile", "AG", "Fabrikgässli", "8", "8005", "Zürich", "CH", "ZH"],
  ["Östersund Trävaror", "AB", "Hamngatan", "21", "831 34", "Östersund", "SE", ""],
  ["Pannonia Paprika", "Kft.", "Rózsa utca", "60", "6720", "Szeged", "HU", ""],
  ["Silverpine Analytics", "", "Juniper Way", "700", "97209", "Portland", "US", "OR"],
  ["Hinterland Logistik", "Speditionsgesellschaft", "Güterbahnhofstraße", "101", "99423", "Weimar", "DE", "16"],
  ["Caravela Conservas", "Lda.", "Rua dos Pescadores", "18", "4450-718", "Matosinhos", "PT", ""],
];

/** People: first name, last name. */
export const people: readonly (readonly [string, string])[] = [
  ["Käthe", "Österreicher"],
  ["Siobhán", "O'Reilly"],
  ["Łukasz", "Wójcik"],
  ["Ada", "Lindqvist"],
  ["José", "Nuñez"],
  ["Änne", "Weiß"],
  ["Renée", "D'Arcy"],
  ["Jürgen", "Müller-Lüdenscheidt"],
  ["Zoë", "van der Meer"],
  ["Bjørn", "Ødegård"],
];

/** Material, type, base unit, text in English and German, net price in EUR. */
export const materials: readonly (readonly [string, string, string, string, string, string])[] = [
  ["TG11", "HAWA", "PC", "Hex bolt M8, stainless", "Sechskantschraube M8, rostfrei", "0.35"],
  ["TG12", "HAWA", "PC", "Brass valve, 3/4 inch", "Messingventil, 3/4 Zoll", "48.90"],
  ["FG126", "FERT", "PC", "Gear pump, large", "Zahnradpumpe, groß", "1249.00"],
  ["FG228", "FERT", "PC", "Control unit for conveyors", "Steuergerät für Förderbänder", "3875.50"],
  ["RM34", "ROH", "KG", "Copper wire", "Kupferdraht", "9.17"],
  ["SM001", "HAWA", "PC", "Sample, free of charge", "Muster, kostenlos", "0.00"],
  ["000000000000000815", "FERT", "PC", "Housing, numbered", "Gehäuse, nummeriert", "77.25"],
];

/** A text longer than any line, with the characters that are lost first: quotes, angle brackets, umlauts, a surrogate pair. */
export const longText = [
  "Delivery only after a call to \"Pförtner Süd\" <+49 711 555-0100> & with the lift truck; O'Hanlon's driver knows the way.",
  ...Array.from(
    { length: 40 },
    (_, index) => `§${index + 1}: Ladehöhe größer als 1,20 m – Rampe benutzen. Čekejte na obsluhu. 🚚`,
  ),
].join("\n");
