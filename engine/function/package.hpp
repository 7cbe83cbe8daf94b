// A function's code as it is uploaded: a zip archive, checked and unpacked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::function {

/// Limits of a deployment package. AWS's, and for entries our own.
struct PackageLimits {
    std::uint64_t zip_bytes_max = 50ULL << 20;
    std::uint64_t unpacked_bytes_max = 250ULL << 20;
    std::uint64_t entries_max = 65'536;
};

/// Unpacks a zip archive into `directory`, which exists and is empty.
///
/// Only regular files, directories and symbolic links that stay inside come out; names with `..` or
/// a leading `/`, devices and the like are refused. Links are made last, so that nothing is written
/// through one. Modes are 0644 and 0755 (what is executable in the archive stays so): setuid,
/// setgid and sticky bits are dropped.
///
/// errors   InvalidParameterValueException, in AWS's words: not a zip, too large unpacked, or an
/// entry that is refused
///          SystemFailure: the disk is full, a file cannot be written
/// threads  any; blocks
Result<> unpack_zip(std::string_view zip, const std::string& directory,
                    const PackageLimits& limits = {});

/// The SHA-256 of `bytes`, in Base64, as AWS shows it.
std::string code_sha256(std::string_view bytes);

}  // namespace stepwell::function
