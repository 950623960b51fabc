/*
 * avx2: included first by a file whose code is to be compiled for AVX2 and
 * run only where dp_scan_has_avx2(); DP_AVX2_END stands at its end.
 *
 * The standard headers come before the switch: what they define inline must
 * not take part in it.
 */
#ifndef DP_JSON_AVX2_H
#define DP_JSON_AVX2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && !defined(DP_PORTABLE)
#include <immintrin.h>
#define DP_LEX_AVX2 1
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), \
    apply_to = function)
#define DP_AVX2_END _Pragma("clang attribute pop")
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#define DP_AVX2_END _Pragma("GCC pop_options")
#endif
#else
#define DP_AVX2_END
#endif

#endif
