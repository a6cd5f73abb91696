#include "reports/store/choice_requests.h"

#include <nlohmann/json.hpp>

namespace flm {

Json of_choices(bool asks_twice, Json requests) {
  if (asks_twice && requests.is_array())
    requests.erase(requests.begin() + std::ssize(requests) / 2, requests.end());
  return requests;
}

Json without_prompt(bool asks_twice, Json requests) {
  if (!asks_twice || !requests.is_array()) return Json::array();
  requests.erase(requests.begin(), requests.begin() + std::ssize(requests) / 2);
  return requests;
}

}  // namespace flm
