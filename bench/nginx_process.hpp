// nginx as a measure: it reads a POST and answers with a fixed 200.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace stepwell::bench {

/// nginx with one worker, which ends with this object, or with this program.
///
/// threads  one
class NginxProcess {
 public:
    /// Its configuration and its log go to `directory`.
    explicit NginxProcess(const std::filesystem::path& directory);
    ~NginxProcess();
    NginxProcess(const NginxProcess&) = delete;
    NginxProcess& operator=(const NginxProcess&) = delete;

    /// Whether Debian's package is installed.
    static bool is_installed();

    std::uint16_t port() const noexcept { return port_; }
    double cpu_us() const;

 private:
    std::uint16_t port_ = 0;
    pid_t process_ = -1;
};

}  // namespace stepwell::bench
