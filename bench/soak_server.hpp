// The server under test, as a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "soak.hpp"

namespace stepwell::bench {

/// `stepwell serve` on a data directory: launched, killed and launched again on the same port.
///
/// threads  one
class ServerProcess {
 public:
    /// The program stands beside our own. Its stderr goes to "server.log" in `directory`, its data
    /// to "data" there.
    ServerProcess(std::filesystem::path directory, const SoakOptions& options);
    ~ServerProcess();  ///< kills it
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    void launch();
    /// Returns once it listens; gives up, with its log on stderr, when it ends before.
    void wait_until_ready();
    /// SIGKILL; returns when the process is gone.
    void kill();
    /// SIGTERM; its exit status, or -1 when it died of a signal.
    int stop();
    /// Runs `stepwell doctor` on the data of the ended server; its exit status.
    int check_data() const;
    /// True when it has ended by itself.
    bool has_died();

    std::uint16_t port() const noexcept { return port_; }
    std::uint64_t rss_bytes() const;
    double cpu_us() const;                ///< of all processes so far
    std::uint64_t written_bytes() const;  ///< to devices, by all processes so far

 private:
    int wait_for_end();
    bool read_port(int output);
    void show_log() const;

    const std::filesystem::path directory_;
    const SoakOptions options_;
    std::uint16_t port_ = 0;
    pid_t process_ = -1;
    int output_ = -1;           // its stdout, from launch until it is ready
    double cpu_us_before_ = 0;  // of the processes that are gone
    std::uint64_t written_bytes_before_ = 0;
};

}  // namespace stepwell::bench
