// What a screen says of bits per byte whose domains it does not list.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/views/shown_rows.h"

namespace flm {

/// A line for each language (the part of a domain's name before the "/") of a group whose domains
/// are not shown: "bpb zh: 8 domains, mean 2.55, lowest law 1.31, highest patent 3.14". Domains
/// without a figure are counted, and their language has no mean.
std::vector<std::string> folded_domains(const Report& report, const ShownRows& shown);

}  // namespace flm
