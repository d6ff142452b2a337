/** A place of a segment within its type. */
export interface SegmentPlace {
  readonly name: string;
  /** Whether its parent must have it. */
  readonly mandatory: boolean;
  /** How often its parent may have it. */
  readonly maximum: number;
  readonly children: readonly SegmentPlace[];
}

/** A basic type. */
export interface IdocType {
  /** `IDOCTYP`, such as `ORDERS05`. */
  readonly name: string;
  /** `MESTYP`, such as `ORDERS`. */
  readonly message: string;
  readonly segments: readonly SegmentPlace[];
}

const once = (name: string, children: readonly SegmentPlace[] = []): SegmentPlace => place(name, false, 1, children);
const many = (name: string, children: readonly SegmentPlace[] = []): SegmentPlace =>
  place(name, false, 9_999, children);
const needed = (name: string, children: readonly SegmentPlace[] = [], maximum = 1): SegmentPlace =>
  place(name, true, maximum, children);

function place(name: string, mandatory: boolean, maximum: number, children: readonly SegmentPlace[]): SegmentPlace {
  return { name, mandatory, maximum, children };
}

const orders05: IdocType = {
  name: "ORDERS05",
  message: "ORDERS",
  segments: [
    needed("E1EDK01"),
    many("E1EDK14"),
    many("E1EDK03"),
    many("E1EDK04"),
    many("E1EDK05"),
    many("E1EDKA1", [many("E1EDKA3")]),
    many("E1EDK02"),
    many("E1EDK17"),
    many("E1EDK18"),
    many("E1EDK35"),
    many("E1EDK36"),
    many("E1EDKT1", [many("E1EDKT2")]),
    many("E1EDP01", [
      many("E1EDP02"),
      once("E1CUREF"),
      many("E1ADDI1"),
      many("E1EDP03"),
      many("E1EDP04"),
      many("E1EDP05", [many("E1EDPS5")]),
      many("E1EDP20"),
      many("E1EDPA1", [many("E1EDPA3")]),
      many("E1EDP19", [many("E1EDPAD", [once("E1TXTH1", [many("E1TXTP1")])])]),
      once("E1EDP17"),
      many("E1EDP18"),
      many("E1EDP35"),
      many("E1EDPT1", [many("E1EDPT2")]),
    ]),
    many("E1CUCFG", [many("E1CUINS"), many("E1CUPRT"), many("E1CUVAL"), many("E1CUBLB")]),
    many("E1EDL37", [many("E1EDL39"), many("E1EDL38"), many("E1EDL44")]),
    many("E1EDS01"),
  ],
};

const matmas05: IdocType = {
  name: "MATMAS05",
  message: "MATMAS",
  segments: [
    needed("E1MARAM", [
      once("E1MARA1"),
      needed("E1MAKTM", [], 99),
      many("E1MARCM", [
        once("E1MARC1"),
        many("E1MARDM"),
        once("E1MFHMM"),
        once("E1MPGDM"),
        once("E1MPOPM"),
        many("E1MPRWM"),
        many("E1MVEGM"),
        many("E1MVEUM"),
        many("E1MKALM"),
      ]),
      many("E1MARMM", [many("E1MEANM")]),
      many("E1MBEWM"),
      many("E1MLGNM", [many("E1MLGTM")]),
      many("E1MVKEM"),
      many("E1MLANM"),
      many("E1MTXHM", [many("E1MTXLM")]),
      once("E1CUCFG", [many("E1CUINS"), many("E1CUVAL"), many("E1CUCOM")]),
    ]),
    once("E1UPSLINK"),
  ],
};

const debmas07: IdocType = {
  name: "DEBMAS07",
  message: "DEBMAS",
  segments: [
    needed("E1KNA1M", [
      once("E1KNA11"),
      many("E1KNA1H", [many("E1KNA1L")]),
      many("E1KNVVM", [
        many("E1KNVPM"),
        many("E1KNVDM"),
        many("E1KNVIM"),
        many("E1KNVLM"),
        many("E1KNVVH", [many("E1KNVVL")]),
      ]),
      many("E1KNB1M", [many("E1KNB5M"), many("E1KNBWM"), many("E1KNB1H", [many("E1KNB1L")])]),
      many("E1KNBKM"),
      many("E1KNVAM"),
      many("E1KNVKM", [many("E1KNVKH", [many("E1KNVKL")])]),
      many("E1KNEXM"),
      many("E1KNASM"),
      many("E1KNKAM", [many("E1KNKKM")]),
    ]),
  ],
};

/** The types that the system knows. */
export const idocTypes: ReadonlyMap<string, IdocType> = new Map(
  [orders05, matmas05, debmas07].map((type) => [type.name, type]),
);
