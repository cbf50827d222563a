/* Virtual time and repeatable randomness for programs in which OpenSSL takes part.
 *
 * OpenSSL's DTLS asks gettimeofday() whether a flight is to be repeated, and takes its random
 * bytes from its own generator. This file is both: linked into a test program it defines
 * gettimeofday(), and because the program comes before the libraries in the search order, OpenSSL
 * calls this one. Build such a program with `export_dynamic: true`, so that the linker keeps the
 * symbol visible, and check sim_clock_works() once: without the interposer nothing fails, flights
 * are just never repeated.
 *
 *   sim_clock_set(0);  sim_rand_seed(seed);
 *   while (...) { sim_clock_set(now); ptn_dtls_handle_timeout(d, now); }
 *   sim_clock_off();   sim_rand_off();
 *
 * Times of certificates are not affected: OpenSSL reads them with time(). One thread. */
#ifndef PTN_TESTS_SIM_CLOCK_H
#define PTN_TESTS_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

/* From now on gettimeofday() says a fixed day of 2026 plus now, until the next call. */
void sim_clock_set(ptn_time now);
/* Back to the kernel's clock. */
void sim_clock_off(void);
/* True when a shared library that asks for the time is answered by this file. */
bool sim_clock_works(void);

/* All randomness of OpenSSL comes from a generator of this seed: keys, randoms, signatures. */
void sim_rand_seed(uint64_t seed);
/* Back to OpenSSL's own generator. */
void sim_rand_off(void);

#endif
