// The two-sided 95 % point of the normal distribution.
#pragma once

namespace flm {

constexpr double kNormal95 = 1.959963984540054;

}  // namespace flm
