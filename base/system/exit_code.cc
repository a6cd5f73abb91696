#include "base/system/exit_code.h"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "base/errors.h"
#include "base/system/system_error.h"

namespace flm {
namespace {

/// An errno: threads that cannot be made, for one.
bool of_the_system(const std::error_code& code) {
  return code.category() == std::generic_category() || code.category() == std::system_category();
}

/// oneTBB's error for a thread that the system refuses is known by its text alone;
/// std::thread has a std::system_error for it.
bool is_refused_thread(const std::exception& error) {
  return std::string_view(error.what()).starts_with("pthread_create has failed");
}

std::string words_of_the_system(const std::error_code& code) {
  return "the system says " + code.message() + "; " + remedy_of(code.value());
}

std::string words_of_the_file_system(const std::filesystem::filesystem_error& error) {
  const std::string path = error.path1().string();
  return "the file system says " + error.code().message() + "; " + remedy_of(error.code().value()) +
         ": " + (path.empty() ? error.what() : path);
}

}  // namespace

void tell_error(const ErrorVoice& voice, const std::string& message) {
  const std::string shown = voice.shown ? voice.shown(message) : message;
  std::fprintf(stderr, "%s: %s\n", voice.program.c_str(), shown.c_str());
}

int exit_code_of(const ErrorVoice& voice, const std::function<int()>& program) {
  const auto told = [&](const std::string& message, ExitCode code) {
    tell_error(voice, message);
    return code;
  };
  const auto internal = [&](const std::exception& error) {
    return told(std::string("internal error: ") + error.what(), kInternalError);
  };
  try {
    return program();
  } catch (const UserError& error) {
    return told(error.what(), kUserError);
  } catch (const IncompleteError& error) {
    return told(error.what(), kInterrupted);
  } catch (const std::filesystem::filesystem_error& error) {
    return told(words_of_the_file_system(error), kUserError);
  } catch (const std::system_error& error) {
    if (!of_the_system(error.code())) return internal(error);
    return told(words_of_the_system(error.code()), kUserError);
  } catch (const std::bad_alloc&) {
    return told("out of memory; " + voice.less_memory, kUserError);
  } catch (const std::exception& error) {
    if (!is_refused_thread(error)) return internal(error);
    return told(words_of_the_system({EAGAIN, std::generic_category()}), kUserError);
  }
}

}  // namespace flm
