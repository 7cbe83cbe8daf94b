// A ZIP file of one uncompressed entry: what the demo uploads as its function's code.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::cli {

/// source   PKWARE APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16
std::string zip_of(std::string_view name, std::string_view content);

}  // namespace stepwell::cli
