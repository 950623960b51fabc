/* report: what dp-schema prints of tables; schema/report.h has the others. */
#ifndef DP_SINK_REPORT_H
#define DP_SINK_REPORT_H

#include "schema/report.h"

/* DATABASE PATH: the statements that dp-load --create would run. */
dp_report_fn dp_sink_report_ddl;

#endif
