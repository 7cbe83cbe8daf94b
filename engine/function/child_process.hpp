// A child process in a group of its own, with a built environment and nothing inherited.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/result.hpp>

namespace stepwell::function {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
    Descriptor() noexcept = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const noexcept { return number_; }
    int release() noexcept;

 private:
    int number_ = -1;
};

/// What to run and with which limits.
struct ChildProgram {
    std::vector<std::string> arguments;    ///< the first is the executable's path
    std::vector<std::string> environment;  ///< "NAME=value", the whole of it
    std::string working_directory;
    std::uint64_t file_bytes_max = 0;  ///< the largest file it may write
    std::uint64_t open_files_max = 1024;
    std::uint64_t processes_max = 4096;  ///< of the user; nothing but a brake for fork bombs
};

/// A child that runs. It leads a session and process group of its own (group id = process id), has
/// /dev/null as stdin and one pipe as stdout and stderr, and no other descriptor of ours.
struct ChildProcess {
    pid_t process_id = 0;
    Descriptor exited;  ///< a pidfd: readable once the process has ended
    Descriptor output;  ///< our end of its stdout and stderr; non-blocking
};

/// Starts a child. It gets SIGKILL when the calling *thread* ends, also when that is by SIGKILL of
/// our process: so call this from a thread that lives as long as the child may.
///
/// errors   SystemFailure: the executable cannot be run, the directory is missing, no more
/// processes or descriptors threads  any; blocks until the child has begun its program (about a
/// millisecond)
Result<ChildProcess> start_child(const ChildProgram& program);

/// Kills the child and all that it has started and that has not left its group. Only before
/// `collect_exit`.
void kill_child_group(pid_t process_id) noexcept;

/// How a process ended.
struct ExitStatus {
    bool is_known = false;  ///< false when somebody else in this process has taken the status
    int exit_code = 0;
    int signal = 0;  ///< not 0: it was killed by this one
};
/// Takes the exit status of a child whose `exited` is readable.
ExitStatus collect_exit(pid_t process_id) noexcept;

/// The most memory that a process has had in RAM, in bytes; 0 when it cannot be told.
std::uint64_t peak_memory_bytes(pid_t process_id);

}  // namespace stepwell::function
