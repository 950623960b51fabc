#include "schema/meta.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/source.h"

/* In these texts ' stands for ". */
#define TEXT "{'type':'string'}"
#define FLAG "{'type':'boolean'}"
#define LINK "{'type':'string','format':'uri-reference'}"
#define NAME "{'type':'string','pattern':'^[A-Za-z_][-A-Za-z0-9._]*$'}"
#define COUNT "{'type':'integer','minimum':0}"
#define KEYS "{'type':'array','items':" TEXT ",'uniqueItems':true}"
#define SIMPLE                                                           \
	"{'enum':['array','boolean','integer','null','number','object'," \
	"'string']}"
#define LIST(self) "{'type':'array','minItems':1,'items':" self "}"
#define MAP(self) "{'type':'object','additionalProperties':" self "}"
#define PATTERNS(self)                                  \
	"{'type':'object','additionalProperties':" self \
	",'propertyNames':{'format':'regex'}}"

#define TYPE                                                          \
	"'type':{'anyOf':[" SIMPLE ",{'type':'array','items':" SIMPLE \
	",'minItems':1,'uniqueItems':true}]}"
#define COUNTS                                                          \
	"'maxLength':" COUNT ",'minLength':" COUNT ",'maxItems':" COUNT \
	",'minItems':" COUNT ",'maxProperties':" COUNT                  \
	",'minProperties':" COUNT ",'uniqueItems':" FLAG                \
	",'pattern':{'type':'string','format':'regex'}"
#define NUMBERS                                                    \
	"'multipleOf':{'type':'number','exclusiveMinimum':0},"     \
	"'maximum':{'type':'number'},'minimum':{'type':'number'}," \
	"'exclusiveMaximum':{'type':'number'},"                    \
	"'exclusiveMinimum':{'type':'number'}"
#define VALUES "'const':true,'enum':{'type':'array','items':true}"
#define NOTES                                                         \
	"'title':" TEXT ",'description':" TEXT ",'default':true,"     \
	"'readOnly':" FLAG ",'writeOnly':" FLAG ",'deprecated':" FLAG \
	",'examples':{'type':'array','items':true}"
#define CONTENT "'contentMediaType':" TEXT ",'contentEncoding':" TEXT

/* Applicators that all drafts from 6 on have. */
#define COMMON(self)                                                 \
	"'additionalProperties':" self                               \
	",'properties':" MAP(self) ",'patternProperties':" PATTERNS( \
	    self) ",'propertyNames':" self ",'contains':" self       \
		  ",'allOf':" LIST(self) ",'anyOf':" LIST(           \
		      self) ",'oneOf':" LIST(self) ",'not':" self
#define CONDITIONS(self) "'if':" self ",'then':" self ",'else':" self
#define ITEMS(self) \
	"'items':{'anyOf':[" self "," LIST(self) "]},'additionalItems':" self
#define DEPENDS(self)                                             \
	"'dependencies':{'type':'object','additionalProperties':" \
	"{'anyOf':[" self "," KEYS "]}}"

#define ROOT "{'$ref':'#'}"
#define DEFINITIONS                                      \
	"'definitions':{'schemaArray':" LIST(            \
	    ROOT) ",'nonNegativeInteger':" COUNT         \
		  ",'nonNegativeIntegerDefault0':" COUNT \
		  ",'simpleTypes':" SIMPLE ",'stringArray':" KEYS "}"
#define OLD_CORE                                                     \
	"'$id':" LINK ",'$schema':{'type':'string','format':'uri'}," \
	"'$ref':" LINK ",'definitions':" MAP(ROOT)

#define DRAFT_4                                                                                                            \
	"{'id':'http://json-schema.org/draft-04/schema#',"                                                                 \
	"'$schema':'http://json-schema.org/draft-04/schema#',"                                                             \
	"'definitions':{'schemaArray':" LIST(                                                                              \
	    ROOT) ",'positiveInteger':" COUNT                                                                              \
		  ",'positiveIntegerDefault0':" COUNT ",'simpleTypes':" SIMPLE                                             \
		  ",'stringArray':{'type':'array','items':" TEXT                                                           \
		  ",'minItems':1,'uniqueItems':true}},'type':'object','properties':{"                                      \
		  "'id':" TEXT ",'$schema':" TEXT ",'title':" TEXT                                                         \
		  ",'description':" TEXT                                                                                   \
		  ",'default':{},'multipleOf':{'type':'number','minimum':0,"                                               \
		  "'exclusiveMinimum':true},'maximum':{'type':'number'},"                                                  \
		  "'exclusiveMaximum':" FLAG ",'minimum':{'type':'number'},"                                               \
		  "'exclusiveMinimum':" FLAG "," COUNTS ",'format':" TEXT                                                  \
		  "," TYPE ",'required':{'$ref':'#/definitions/stringArray'},"                                             \
		  "'enum':{'type':'array','minItems':1,'uniqueItems':true},"                                               \
		  "'additionalItems':{'anyOf':[" FLAG "," ROOT "]},"                                                       \
		  "'items':{'anyOf':[" ROOT "," LIST(                                                                      \
		      ROOT) "]},"                                                                                          \
			    "'additionalProperties':{'anyOf':[" FLAG "," ROOT                                              \
			    "]},"                                                                                          \
			    "'definitions':" MAP(ROOT) ",'properties':" MAP(ROOT) ",'patternProperties':" MAP(             \
				ROOT) ",'dependencies':{'type':'object','additionalProperties':{'anyOf':"                  \
				      "[" ROOT                                                                             \
				      ",{'$ref':'#/definitions/stringArray'}]}},"                                          \
				      "'allOf':" LIST(ROOT) ",'anyOf':" LIST(                                              \
					  ROOT) ",'oneOf':" LIST(ROOT) ",'not':" ROOT                                      \
								       "},'dependencies':{'exclusiveMaximum':['maximum']," \
								       "'exclusiveMinimum':['minimum']}}"

#define DRAFT_6                                                            \
	"{'$id':'http://json-schema.org/draft-06/schema#',"                \
	"'$schema':'http://json-schema.org/draft-06/schema#'," DEFINITIONS \
	",'type':['object','boolean'],'properties':{" OLD_CORE "," NOTES   \
	"," NUMBERS "," COUNTS "," VALUES "," TYPE ",'required':" KEYS     \
	",'format':" TEXT                                                  \
	"," COMMON(ROOT) "," ITEMS(ROOT) "," DEPENDS(ROOT) "}}"

#define DRAFT_7                                                                \
	"{'$id':'http://json-schema.org/draft-07/schema#',"                    \
	"'$schema':'http://json-schema.org/draft-07/schema#'," DEFINITIONS     \
	",'type':['object','boolean'],'properties':{" OLD_CORE                 \
	",'$comment':" TEXT "," NOTES "," NUMBERS "," COUNTS "," VALUES        \
	"," TYPE ",'required':" KEYS ",'format':" TEXT "," CONTENT "," COMMON( \
	    ROOT) "," CONDITIONS(ROOT) "," ITEMS(ROOT) "," DEPENDS(ROOT) "}}"

/* From 2019-09 on each vocabulary has a meta-schema of its own. */
#define BASE_2019 "https://json-schema.org/draft/2019-09/"
#define BASE_2020 "https://json-schema.org/draft/2020-12/"
#define SELF_2019 "{'$recursiveRef':'#'}"
#define SELF_2020 "{'$dynamicRef':'#meta'}"
#define HEAD_2019(name)                                           \
	"{'$schema':'" BASE_2019 "schema','$id':'" BASE_2019 name \
	"','$recursiveAnchor':true,'type':['object','boolean'],"
#define HEAD_2020(name)                                           \
	"{'$schema':'" BASE_2020 "schema','$id':'" BASE_2020 name \
	"','$dynamicAnchor':'meta','type':['object','boolean'],"
#define VOCABULARY(base, name) "'" base "vocab/" name "':true"

/* $defs under the names that other schemas refer to. */
#define NEW_CORE(self)                                                       \
	"'$defs':{'anchorString':" NAME ",'uriReferenceString':" LINK        \
	",'uriString':{'type':'string','format':'uri'}},"                    \
	"'properties':{'$id':{'type':'string','format':'uri-reference',"     \
	"'pattern':'^[^#]*#?$'},'$schema':{'type':'string','format':"        \
	"'uri'},'$ref':" LINK ",'$anchor':" NAME ",'$vocabulary':"           \
	"{'type':'object','additionalProperties':" FLAG "},'$comment':" TEXT \
	",'$defs':" MAP(self)
#define NEW_APPLICATOR(self)                                    \
	"'$defs':{'schemaArray':" LIST(                         \
	    self) "},"                                          \
		  "'properties':{" COMMON(self) "," CONDITIONS( \
		      self) ",'dependentSchemas':" MAP(self)
#define UNEVALUATED(self) \
	"'unevaluatedItems':" self ",'unevaluatedProperties':" self
#define NEW_VALIDATION                                                      \
	"'properties':{" TYPE "," VALUES "," NUMBERS "," COUNTS             \
	",'maxContains':" COUNT ",'minContains':" COUNT ",'required':" KEYS \
	",'dependentRequired':" MAP(                                        \
	    KEYS) "},'$defs':{'nonNegativeInteger':" COUNT                  \
		  ",'nonNegativeIntegerDefault0':" COUNT                    \
		  ",'simpleTypes':" SIMPLE ",'stringArray':" KEYS "}}"

static const struct {
	const char *uri, *text;
} metas[] = {
	{ "http://json-schema.org/draft-04/schema", DRAFT_4 },
	{ "http://json-schema.org/draft-06/schema", DRAFT_6 },
	{ "http://json-schema.org/draft-07/schema", DRAFT_7 },
	{ BASE_2019 "schema",
	    HEAD_2019("schema") "'$vocabulary':{" VOCABULARY(BASE_2019,
		"core") "," VOCABULARY(BASE_2019,
		"applicator") "," VOCABULARY(BASE_2019,
		"validation") "," VOCABULARY(BASE_2019,
		"meta-data") "," VOCABULARY(BASE_2019,
		"content") "},"
			   "'allOf':[{'$ref':'meta/core'},{'$ref':'meta/applicator'},"
			   "{'$ref':'meta/validation'},{'$ref':'meta/meta-data'},"
			   "{'$ref':'meta/format'},{'$ref':'meta/content'}],"
			   "'properties':{'definitions':" MAP(
			       SELF_2019) "," DEPENDS(SELF_2019) "}}" },
	{ BASE_2019 "meta/core",
	    HEAD_2019("meta/core")
		NEW_CORE(SELF_2019) ",'$recursiveRef':" LINK
				    ",'$recursiveAnchor':" FLAG "}}" },
	{ BASE_2019 "meta/applicator",
	    HEAD_2019("meta/applicator") NEW_APPLICATOR(SELF_2019) "," ITEMS(
		SELF_2019) "," UNEVALUATED(SELF_2019) "}}" },
	{ BASE_2019 "meta/validation",
	    HEAD_2019("meta/validation") NEW_VALIDATION },
	{ BASE_2019 "meta/meta-data",
	    HEAD_2019("meta/meta-data") "'properties':{" NOTES "}}" },
	{ BASE_2019 "meta/format",
	    HEAD_2019("meta/format") "'properties':{'format':" TEXT "}}" },
	{ BASE_2019 "meta/content",
	    HEAD_2019("meta/content") "'properties':{" CONTENT
				      ",'contentSchema':" SELF_2019 "}}" },
	{ BASE_2020 "schema",
	    HEAD_2020("schema") "'$vocabulary':{" VOCABULARY(BASE_2020,
		"core") "," VOCABULARY(BASE_2020,
		"applicator") "," VOCABULARY(BASE_2020,
		"unevaluated") "," VOCABULARY(BASE_2020,
		"validation") "," VOCABULARY(BASE_2020,
		"meta-data") "," VOCABULARY(BASE_2020,
		"format-annotation") "," VOCABULARY(BASE_2020,
		"content") "},"
			   "'allOf':[{'$ref':'meta/core'},{'$ref':'meta/applicator'},"
			   "{'$ref':'meta/unevaluated'},{'$ref':'meta/validation'},"
			   "{'$ref':'meta/meta-data'},{'$ref':'meta/format-annotation'},"
			   "{'$ref':'meta/content'}],"
			   "'properties':{'definitions':" MAP(SELF_2020) "," DEPENDS(
			       SELF_2020) ",'$recursiveAnchor':" NAME
					  ",'$recursiveRef':" LINK "}}" },
	{ BASE_2020 "meta/core",
	    HEAD_2020("meta/core") NEW_CORE(SELF_2020) ",'$dynamicRef':" LINK
						       ",'$dynamicAnchor':" NAME
						       "}}" },
	{ BASE_2020 "meta/applicator",
	    HEAD_2020("meta/applicator") NEW_APPLICATOR(
		SELF_2020) ",'items':" SELF_2020
			   ",'prefixItems':" LIST(SELF_2020) "}}" },
	{ BASE_2020 "meta/unevaluated",
	    HEAD_2020("meta/unevaluated") "'properties':{" UNEVALUATED(
		SELF_2020) "}}" },
	{ BASE_2020 "meta/validation",
	    HEAD_2020("meta/validation") NEW_VALIDATION },
	{ BASE_2020 "meta/meta-data",
	    HEAD_2020("meta/meta-data") "'properties':{" NOTES "}}" },
	{ BASE_2020 "meta/format-annotation",
	    HEAD_2020("meta/format-annotation") "'properties':{'format':" TEXT
						"}}" },
	{ BASE_2020 "meta/format-assertion",
	    HEAD_2020("meta/format-assertion") "'properties':{'format':" TEXT
					       "}}" },
	{ BASE_2020 "meta/content",
	    HEAD_2020("meta/content") "'properties':{" CONTENT
				      ",'contentSchema':" SELF_2020 "}}" },
};

struct dp_source *
dp_meta_source(const char *uri, struct dp_err *err)
{
	struct dp_source *s;
	struct dp_buf b;
	size_t i = 0, k;

	while (i < sizeof metas / sizeof metas[0] &&
	    strcmp(metas[i].uri, uri) != 0)
		i++;
	if (i == sizeof metas / sizeof metas[0])
		return NULL;
	dp_buf_init(&b, 0);
	(void)dp_buf_adds(&b, metas[i].text);
	for (k = 0; k < b.len; k++)
		if (b.data[k] == '\'')
			b.data[k] = '"';
	s = dp_source_text(uri, b.data, b.len, err);
	dp_buf_fini(&b);
	return s;
}
