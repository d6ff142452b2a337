/**
 * Fields of a segment and their lengths, in SAP's order. The lists hold the leading fields and those that are used here; a field
 * that is not listed is taken as it comes.
 */
export const segmentFields: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  E1EDK01: fields(
    "ACTION:3 KZABS:1 CURCY:3 HWAER:3 WKURS:12 ZTERM:17 KUNDEUINR:20 EIGENUINR:20 BSART:4 BELNR:35 NTGEW:18 BRGEW:18 GEWEI:3",
  ),
  E1EDK14: fields("QUALF:3 ORGID:35"),
  E1EDK03: fields("IDDAT:3 DATUM:8 UZEIT:6"),
  E1EDKA1: fields(
    "PARVW:3 PARTN:17 LIFNR:17 NAME1:35 NAME2:35 NAME3:35 NAME4:35 STRAS:35 STRS2:35 PFACH:35 ORT01:35 COUNC:9 PSTLZ:9 PSTL2:9 LAND1:3",
  ),
  E1EDK02: fields("QUALF:3 BELNR:35 POSNR:6 DATUM:8 UZEIT:6"),
  E1EDKT1: fields("TDID:4 TSSPRAS:3 TSSPRAS_ISO:2"),
  E1EDKT2: fields("TDLINE:70 TDFORMAT:2"),
  E1EDP01: fields(
    "POSEX:6 ACTION:3 PSTYP:1 KZABS:1 MENGE:15 MENEE:3 BMNG2:15 PMENE:3 ABFTZ:7 VPREI:15 PEINH:9 NETWR:18 ANETW:18 SKFBP:18 NTGEW:18 GEWEI:3 EINKZ:1 CURCY:3 PREIS:18 MATKL:9 WERKS:4",
  ),
  E1EDP20: fields("WMENG:15 AMENG:15 EDATU:8 EZEIT:6"),
  E1EDP19: fields("QUALF:3 IDTNR:35 KTEXT:70"),
  E1EDS01: fields("SUMID:3 SUMME:18 SUNIT:3 WAERQ:3"),
  E1MARAM: fields(
    "MSGFN:3 MATNR:18 ERSDA:8 ERNAM:12 LAEDA:8 AENAM:12 PSTAT:15 LVORM:1 MTART:4 MBRSH:1 MATKL:9 BISMT:18 MEINS:3 BRGEW:16 NTGEW:16 GEWEI:3 MATNR_LONG:40",
  ),
  E1MAKTM: fields("MSGFN:3 SPRAS:1 MAKTX:40 SPRAS_ISO:2"),
  E1KNA1M: fields(
    "MSGFN:3 KUNNR:10 ANRED:15 AUFSD:2 KTOKD:4 LAND1:3 LOEVM:1 NAME1:35 NAME2:35 NAME3:35 NAME4:35 ORT01:35 ORT02:35 PSTLZ:10 REGIO:3 SORTL:10 SPRAS:1 STRAS:35 TELF1:16 TELFX:31 STCEG:20 SPRAS_ISO:2",
  ),
  E1KNVVM: fields("MSGFN:3 VKORG:4 VTWEG:2 SPART:2"),
  E1KNB1M: fields("MSGFN:3 BUKRS:4"),
};

function fields(list: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    list.split(" ").map((entry) => {
      const [name = "", length = "0"] = entry.split(":");
      return [name, Number(length)];
    }),
  );
}
