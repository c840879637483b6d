// The commands of the program. Each prints data on standard output and words on standard error, and
// returns the exit code.
#pragma once

#include "app/options.h"

namespace app {

inline constexpr int kExitYes = 0;
inline constexpr int kExitNo = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInconclusive = 3;
inline constexpr int kExitUnreachable = 4;
inline constexpr int kExitConflict = 5;

int run_command(const Options& options);

int serve(const Options& options);
int scrape(const Options& options);
int validate(const Options& options);
int status(const Options& options);
int report(const Options& options);
int incidents(const Options& options);
int rules(const Options& options);
int import(const Options& options);
int print_dashboards(const Options& options);
int test_page(const Options& options);
int config(const Options& options);
int exclude(const Options& options);
int unexclude(const Options& options);
int mark_false(const Options& options);
int backup(const Options& options);

// "fournines: <message>" on standard error, in one line; returns code.
int complain(int code, std::string_view message);

}  // namespace app
