// Where functions' code lies unpacked: a cache, made anew by each process.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "function/event_loop.hpp"

namespace stepwell::function {

/// A directory with one function's code. Deleted when the last owner lets go.
class UnpackedCode {
 public:
    UnpackedCode(std::string directory, EventLoop& worker)
        : directory_(std::move(directory)), worker_(worker.weak_from_this()) {}
    ~UnpackedCode();

    UnpackedCode(const UnpackedCode&) = delete;
    UnpackedCode& operator=(const UnpackedCode&) = delete;

    const std::string& directory() const noexcept { return directory_; }

 private:
    const std::string directory_;
    const std::weak_ptr<EventLoop> worker_;  // whoever holds the code last may outlive it
};
using CodePtr = std::shared_ptr<const UnpackedCode>;

/// Owns a directory, its root, in which lie:
///
///     package.json       an empty object: no package.json further up counts for the code
///     node_modules       a link to the AWS SDKs: Node looks there after the code's own
///     bootstrap/         the runtimes' programs
///     code/<number>/     one function's code
///     sandbox/<number>/  a sandbox's temporary files
///
/// It is made when it is first needed and deleted at the end; what a process that was killed has
/// left is deleted then, too.
///
/// threads  the worker's only, except where it says so
class CodeStore {
 public:
    /// `directory`: what the roots lie in, known to be ours alone; empty: the system's temporary
    /// directory.
    CodeStore(std::string directory, std::string sdk_directory, EventLoop& worker);
    ~CodeStore();

    /// errors   as unpack_zip; SystemFailure
    Result<CodePtr> unpack(std::string_view zip);

    /// Makes the root if need be and gives its path.
    Result<std::string> root();

    /// The path that the root has once it is made. Any thread.
    const std::string& root_path() const noexcept { return root_; }

    /// The SDKs that Node finds; empty when there are none.
    const std::string& sdk_directory() const noexcept { return sdk_directory_; }

 private:
    Result<> make_root();

    const std::string directory_;
    const std::string sdk_directory_;
    const std::string root_;
    EventLoop& worker_;
    bool is_made_ = false;
    std::uint64_t next_number_ = 1;
};

}  // namespace stepwell::function
