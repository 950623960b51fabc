#include <stdio.h>
#include <string.h>

#include "schema/pattern_parse.h"

/* ECMA-262 tables 67 to 69 and UAX 44; case and spelling are exact. */
static const struct category {
	const char *name, *abbreviation;
} categories[] = {
	{ "Cased_Letter", "LC" },
	{ "Close_Punctuation", "Pe" },
	{ "Combining_Mark", "M" },
	{ "Connector_Punctuation", "Pc" },
	{ "Control", "Cc" },
	{ "Currency_Symbol", "Sc" },
	{ "Dash_Punctuation", "Pd" },
	{ "Decimal_Number", "Nd" },
	{ "Enclosing_Mark", "Me" },
	{ "Final_Punctuation", "Pf" },
	{ "Format", "Cf" },
	{ "Initial_Punctuation", "Pi" },
	{ "Letter", "L" },
	{ "Letter_Number", "Nl" },
	{ "Line_Separator", "Zl" },
	{ "Lowercase_Letter", "Ll" },
	{ "Mark", "M" },
	{ "Math_Symbol", "Sm" },
	{ "Modifier_Letter", "Lm" },
	{ "Modifier_Symbol", "Sk" },
	{ "Nonspacing_Mark", "Mn" },
	{ "Number", "N" },
	{ "Open_Punctuation", "Ps" },
	{ "Other", "C" },
	{ "Other_Letter", "Lo" },
	{ "Other_Number", "No" },
	{ "Other_Punctuation", "Po" },
	{ "Other_Symbol", "So" },
	{ "Paragraph_Separator", "Zp" },
	{ "Private_Use", "Co" },
	{ "Punctuation", "P" },
	{ "Separator", "Z" },
	{ "Space_Separator", "Zs" },
	{ "Spacing_Mark", "Mc" },
	{ "Surrogate", "Cs" },
	{ "Symbol", "S" },
	{ "Titlecase_Letter", "Lt" },
	{ "Unassigned", "Cn" },
	{ "Uppercase_Letter", "Lu" },
	{ "cntrl", "Cc" },
	{ "digit", "Nd" },
	{ "punct", "P" },
};

/* A blank ends each; PCRE knows them under the same names. */
static const char binaries[] =
    "AHex ASCII ASCII_Hex_Digit Alpha Alphabetic Any Bidi_C "
    "Bidi_Control Bidi_M Bidi_Mirrored CI CWCF CWCM CWL CWT CWU "
    "Case_Ignorable Cased Changes_When_Casefolded "
    "Changes_When_Casemapped Changes_When_Lowercased "
    "CWKCF Changes_When_NFKC_Casefolded Changes_When_Titlecased Changes_When_Uppercased DI Dash "
    "Default_Ignorable_Code_Point Dep Deprecated Dia Diacritic "
    "EBase EComp EMod EPres Emoji Emoji_Component Emoji_Modifier "
    "Emoji_Modifier_Base Emoji_Presentation Ext ExtPict "
    "Extended_Pictographic Extender Gr_Base Gr_Ext Grapheme_Base "
    "Grapheme_Extend Hex Hex_Digit IDC IDS IDSB IDST ID_Continue "
    "ID_Start IDS_Binary_Operator IDS_Trinary_Operator Ideo "
    "Ideographic Join_C Join_Control LOE Logical_Order_Exception "
    "Lower Lowercase Math NChar Noncharacter_Code_Point Pat_Syn "
    "Pat_WS Pattern_Syntax Pattern_White_Space QMark Quotation_Mark "
    "RI Radical Regional_Indicator SD STerm Sentence_Terminal "
    "Soft_Dotted Term Terminal_Punctuation UIdeo Unified_Ideograph "
    "Upper Uppercase VS Variation_Selector White_Space XIDC XIDS "
    "XID_Continue XID_Start space ";

static const char scripts[] =
    "Adlam Adlm Aghb Ahom Anatolian_Hieroglyphs Arab Arabic "
    "Armenian Armi Armn Avestan Avst Bali Balinese Bamu Bamum Bass "
    "Bassa_Vah Batak Batk Beng Bengali Bhaiksuki Bhks Bopo Bopomofo "
    "Brah Brahmi Brai Braille Bugi Buginese Buhd Buhid Cakm "
    "Canadian_Aboriginal Cans Cari Carian Caucasian_Albanian Chakma "
    "Cham Cher Cherokee Chorasmian Chrs Common Copt Coptic Cpmn "
    "Cprt Cuneiform Cypriot Cypro_Minoan Cyrillic Cyrl Deseret Deva "
    "Devanagari Diak Dives_Akuru Dogr Dogra Dsrt Dupl Duployan Egyp "
    "Egyptian_Hieroglyphs Elba Elbasan Elym Elymaic Ethi Ethiopic "
    "Geor Georgian Glag Glagolitic Gong Gonm Goth Gothic Gran "
    "Grantha Greek Grek Gujarati Gujr Gunjala_Gondi Gurmukhi Guru "
    "Han Hang Hangul Hani Hanifi_Rohingya Hano Hanunoo Hatr Hatran "
    "Hebr Hebrew Hira Hiragana Hluw Hmng Hmnp Hung Imperial_Aramaic "
    "Inherited Inscriptional_Pahlavi Inscriptional_Parthian Ital "
    "Java Javanese Kaithi Kali Kana Kannada Katakana Kayah_Li Khar "
    "Kharoshthi Khitan_Small_Script Khmer Khmr Khoj Khojki "
    "Khudawadi Kits Knda Kthi Lana Lao Laoo Latin Latn Lepc Lepcha "
    "Limb Limbu Lina Linb Linear_A Linear_B Lisu Lyci Lycian Lydi "
    "Lydian Mahajani Mahj Maka Makasar Malayalam Mand Mandaic Mani "
    "Manichaean Marc Marchen Masaram_Gondi Medefaidrin Medf "
    "Meetei_Mayek Mend Mende_Kikakui Merc Mero Meroitic_Cursive "
    "Meroitic_Hieroglyphs Miao Mlym Modi Mong Mongolian Mro Mroo "
    "Mtei Mult Multani Myanmar Mymr Nabataean Nand Nandinagari Narb "
    "Nbat New_Tai_Lue Newa Nko Nkoo Nshu Nushu "
    "Nyiakeng_Puachue_Hmong Ogam Ogham Ol_Chiki Olck Old_Hungarian "
    "Old_Italic Old_North_Arabian Old_Permic Old_Persian "
    "Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Orkh "
    "Orya Osage Osge Osma Osmanya Ougr Pahawh_Hmong Palm Palmyrene "
    "Pau_Cin_Hau Pauc Perm Phag Phags_Pa Phli Phlp Phnx Phoenician "
    "Plrd Prti Psalter_Pahlavi Qaac Qaai Rejang Rjng Rohg Runic "
    "Runr Samaritan Samr Sarb Saur Saurashtra Sgnw Sharada Shavian "
    "Shaw Shrd Sidd Siddham SignWriting Sind Sinh Sinhala Sogd "
    "Sogdian Sogo Sora Sora_Sompeng Soyo Soyombo Sund Sundanese "
    "Sylo Syloti_Nagri Syrc Syriac Tagalog Tagb Tagbanwa Tai_Le "
    "Tai_Tham Tai_Viet Takr Takri Tale Talu Tamil Taml Tang Tangsa "
    "Tangut Tavt Telu Telugu Tfng Tglg Thaa Thaana Thai Tibetan "
    "Tibt Tifinagh Tirh Tirhuta Tnsa Toto Ugar Ugaritic Unknown Vai "
    "Vaii Vith Vithkuqi Wancho Wara Warang_Citi Wcho Xpeo Xsux Yezi "
    "Yezidi Yi Yiii Zanabazar_Square Zanb Zinh Zyyy Zzzz ";

/* True when name is one of the words of list. */
static bool
listed(const char *list, const char *name, size_t len)
{
	while (*list != '\0') {
		const size_t n = strcspn(list, " ");

		if (n == len && memcmp(list, name, len) == 0)
			return true;
		list += n + 1;
	}
	return false;
}

static const char *
category(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof categories / sizeof categories[0]; i++) {
		const struct category *c = &categories[i];

		if ((strlen(c->name) == len &&
			memcmp(c->name, name, len) == 0) ||
		    (strlen(c->abbreviation) == len &&
			memcmp(c->abbreviation, name, len) == 0))
			return c->abbreviation;
	}
	return NULL;
}

static bool
starts(const char *name, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(name, with, strlen(with)) == 0;
}

static bool
script(const char *kind, const char *name, size_t len, char *out)
{
	if (!listed(scripts, name, len))
		return false;
	(void)snprintf(out, DP_PATTERN_PROPERTY, "%s:%.*s", kind, (int)len,
	    name);
	return true;
}

bool
dp_pattern_property(const char *name, size_t len, char out[DP_PATTERN_PROPERTY])
{
	const char *value = memchr(name, '=', len);
	const size_t key = value == NULL ? 0 : (size_t)(value + 1 - name);
	const char *found;

	if (starts(name, len, "Script=") || starts(name, len, "sc="))
		return script("sc", name + key, len - key, out);
	if (starts(name, len, "Script_Extensions=") ||
	    starts(name, len, "scx="))
		return script("scx", name + key, len - key, out);
	if (key != 0 && !starts(name, len, "General_Category=") &&
	    !starts(name, len, "gc="))
		return false;
	found = category(name + key, len - key);
	if (found != NULL) {
		(void)snprintf(out, DP_PATTERN_PROPERTY, "%s",
		    strcmp(found, "LC") == 0 ? "L&" : found);
		return true;
	}
	if (key != 0)
		return false;
	if (len == 8 && memcmp(name, "Assigned", 8) == 0) {
		(void)snprintf(out, DP_PATTERN_PROPERTY, "^Cn");
		return true;
	}
	if (!listed(binaries, name, len))
		return false;
	(void)snprintf(out, DP_PATTERN_PROPERTY, "%.*s", (int)len, name);
	return true;
}
