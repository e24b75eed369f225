#include "henson/error.h"

#include <utility>

namespace henson {
namespace {

std::string describe(const ErrorPlace& place, const std::string& message) {
  std::string text = place.entry;
  if (place.line) {
    text += ':' + std::to_string(*place.line);
  } else if (place.offset) {
    text += (text.empty() ? "at byte " : " at byte ") + std::to_string(*place.offset);
  }
  return text.empty() ? message : text + ": " + message;
}

}  // namespace

Error::Error(ErrorCode code, std::string message, ErrorPlace place)
    : code_(code),
      message_(std::move(message)),
      place_(std::move(place)),
      what_(describe(place_, message_)) {}

}  // namespace henson
