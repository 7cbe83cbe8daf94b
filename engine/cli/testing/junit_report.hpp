// The results of cases in JUnit's XML, which build servers read.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace stepwell::cli {

struct ReportedCase {
    std::string suite;  ///< the file
    std::string name;
    std::chrono::duration<double> took{};
    std::vector<std::string> failures;  ///< empty: it has passed
};

/// `cases` of one suite stand together. What XML cannot have in a text becomes U+FFFD.
std::string junit_report(const std::vector<ReportedCase>& cases);

}  // namespace stepwell::cli
