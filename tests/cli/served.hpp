// `stepwell serve` as a child process, for tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.hpp"

namespace stepwell::cli {

/// A directory of one test's own.
class TestDirectory {
 public:
    TestDirectory() {
        std::string path =
            (std::filesystem::temp_directory_path() / "stepwell-cli-XXXXXX").string();
        EXPECT_NE(mkdtemp(path.data()), nullptr);
        path_ = path;
    }
    ~TestDirectory() { std::filesystem::remove_all(path_); }
    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;
    std::string path() const { return path_; }

 private:
    std::string path_;
};

/// The running program. Its stdout is read line by line; stderr goes to the test's.
class Served {
 public:
    explicit Served(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), program_path());
        std::vector<char*> pointers;
        for (std::string& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        int output[2];
        EXPECT_EQ(pipe2(output, O_CLOEXEC), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, output[1], 1);
        EXPECT_EQ(posix_spawn(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(output[1]);
        output_ = output[0];
    }
    ~Served() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        close(output_);
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    /// The next line of stdout; empty at its end.
    std::string read_line() {
        std::string line;
        char c = 0;
        while (read(output_, &c, 1) == 1 && c != '\n') line.push_back(c);
        return line;
    }
    /// Everything up to the end of stdout.
    std::string read_rest() {
        std::string rest;
        char buffer[4096];
        while (true) {
            const ssize_t got = read(output_, buffer, sizeof buffer);
            if (got <= 0) return rest;
            rest.append(buffer, static_cast<std::size_t>(got));
        }
    }
    void signal(int number) { kill(pid_, number); }
    /// Waits for the end; gives the exit code, or 128 and the signal that ended it.
    int wait() {
        int status = 0;
        waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

 private:
    pid_t pid_ = -1;
    int output_ = -1;
};

}  // namespace stepwell::cli
