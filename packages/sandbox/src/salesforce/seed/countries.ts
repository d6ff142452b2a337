/** Where made-up companies and people come from, so that their names, cities and numbers fit together. */
export interface SeedCountry {
  name: string;
  region: "EMEA" | "APAC" | "AMER";
  cities: { city: string; state: string | null; postalCode: string }[];
  streets: string[];
  firstNames: string[];
  lastNames: string[];
  /** First words of company names. */
  stems: string[];
  /** Second words: what the company does, and its legal form. */
  kinds: string[];
  /** Numbers of a range that is reserved for fiction, where the country has one; `#` becomes a digit. */
  phone: string;
}

/** Letters of many scripts on purpose: they find clients that mangle text. */
export const countries: readonly SeedCountry[] = [
  {
    name: "United Kingdom",
    region: "EMEA",
    cities: [
      { city: "Leeds", state: "West Yorkshire", postalCode: "LS1 4AP" },
      { city: "Bristol", state: null, postalCode: "BS1 5TR" },
      { city: "Edinburgh", state: null, postalCode: "EH2 2ER" },
    ],
    streets: ["Canal Street", "Mill Lane", "Station Road", "O'Connell Terrace"],
    firstNames: ["Amelia", "Oliver", "Siobhán", "Harriet", "George", "Zoë"],
    lastNames: ["Whitfield", "O'Brien", "Ashworth", "Kavanagh", "Pemberton"],
    stems: ["Harrow & Finch", "Northgate", "Larkspur", "O'Malley", "Tidewater", "Brackenfell"],
    kinds: ["Logistics Ltd", "Foods Ltd", "Engineering plc", "Instruments Ltd"],
    phone: "+44 20 7946 0###",
  },
  {
    name: "Germany",
    region: "EMEA",
    cities: [
      { city: "München", state: "Bayern", postalCode: "80331" },
      { city: "Köln", state: "Nordrhein-Westfalen", postalCode: "50667" },
      { city: "Görlitz", state: "Sachsen", postalCode: "02826" },
    ],
    streets: ["Industriestraße", "Am Mühlbach", "Schlossallee", "Hafenstraße"],
    firstNames: ["Jürgen", "Käthe", "Björn", "Annegret", "Sören", "Lena"],
    lastNames: ["Müller-Lüdenscheidt", "Großmann", "Schäfer", "Köhler", "Weiß"],
    stems: ["Rheinufer", "Mühlbacher", "Süddeutsche Präzisions", "Grünwald", "Elbtal"],
    kinds: ["Maschinenbau GmbH", "Werkzeuge GmbH & Co. KG", "Energie AG", "Feinkost GmbH"],
    phone: "+49 30 23125 ###",
  },
  {
    name: "United States",
    region: "AMER",
    cities: [
      { city: "Portland", state: "OR", postalCode: "97204" },
      { city: "Austin", state: "TX", postalCode: "78701" },
      { city: "Madison", state: "WI", postalCode: "53703" },
    ],
    streets: ["Main Street", "Juniper Avenue", "Harbor Boulevard", "2nd Street"],
    firstNames: ["Maria", "James", "Latoya", "Ethan", "Guadalupe", "Noah"],
    lastNames: ["Hernández", "Johnson", "Nguyen", "D'Angelo", "Brooks"],
    stems: ["Cedar Ridge", "Blue Heron", "Great Lakes", "Summit & Sons", "Prairie"],
    kinds: ["Supply Co.", "Robotics, Inc.", "Health Partners LLC", "Outfitters, Inc."],
    phone: "+1 503 555 01##",
  },
  {
    name: "Japan",
    region: "APAC",
    cities: [
      { city: "札幌市", state: "北海道", postalCode: "060-0001" },
      { city: "横浜市", state: "神奈川県", postalCode: "220-0012" },
    ],
    streets: ["北一条西", "中央通り", "港町"],
    firstNames: ["さくら", "健太", "美咲", "大輔"],
    lastNames: ["佐藤", "小林", "渡辺", "山本"],
    stems: ["北海", "青葉", "みなと", "白樺"],
    kinds: ["商事株式会社", "電機株式会社", "食品株式会社"],
    phone: "+81 3 5550 0###",
  },
  {
    name: "Poland",
    region: "EMEA",
    cities: [
      { city: "Łódź", state: "łódzkie", postalCode: "90-001" },
      { city: "Gdańsk", state: "pomorskie", postalCode: "80-001" },
    ],
    streets: ["ulica Piotrkowska", "ulica Długa", "plac Wolności"],
    firstNames: ["Michał", "Zofia", "Łukasz", "Agnieszka"],
    lastNames: ["Wójcik", "Żółkiewska", "Kamiński", "Jędrzejczak"],
    stems: ["Bałtyk", "Śnieżka", "Żuraw", "Wisła"],
    kinds: ["Transport Sp. z o.o.", "Meble S.A.", "Chemia Sp. z o.o."],
    phone: "+48 22 555 0###",
  },
  {
    name: "Brazil",
    region: "AMER",
    cities: [
      { city: "São Paulo", state: "SP", postalCode: "01310-100" },
      { city: "Florianópolis", state: "SC", postalCode: "88010-000" },
    ],
    streets: ["Avenida das Acácias", "Rua São João", "Travessa da Praia"],
    firstNames: ["João", "Conceição", "Thiago", "Luíza"],
    lastNames: ["Gonçalves", "Araújo", "Magalhães", "dos Santos"],
    stems: ["Café do Vale", "Ipê Amarelo", "Serra Azul", "Maré"],
    kinds: ["Alimentos Ltda.", "Tecnologia S.A.", "Construções Ltda."],
    phone: "+55 11 5550 0###",
  },
  {
    name: "India",
    region: "APAC",
    cities: [
      { city: "Bengaluru", state: "Karnataka", postalCode: "560001" },
      { city: "Pune", state: "Maharashtra", postalCode: "411001" },
    ],
    streets: ["MG Road", "Residency Road", "Banyan Lane"],
    firstNames: ["Priya", "Arjun", "Ananya", "Vikram"],
    lastNames: ["Iyer", "Deshpande", "Chatterjee", "Rao"],
    stems: ["Banyan", "Kaveri", "Saffron Gate", "Deccan"],
    kinds: ["Textiles Pvt. Ltd.", "Software Pvt. Ltd.", "Agro Ltd."],
    phone: "+91 80 5550 0###",
  },
];
