/* Wall clock to NTP time (RFC 5905 6): 32 bits of seconds since 1900, 32 bits of fraction. */
#include "rtcp/rtcp.h"

#define NTP_UNIX_EPOCH_S 2208988800 /* seconds from 1900 to 1970 */

uint64_t ptn_ntp_of_wall(int64_t wall_us) {
    uint64_t us = (uint64_t)(wall_us + NTP_UNIX_EPOCH_S * PTN_SECOND);
    uint64_t seconds = us / (uint64_t)PTN_SECOND;
    uint64_t rest = us % (uint64_t)PTN_SECOND;
    /* From 2036 the seconds wrap: era 1, as the RFC has it; only differences are ever taken. */
    return seconds << 32 | (rest << 32) / (uint64_t)PTN_SECOND;
}
