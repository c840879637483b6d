#include "exporter/host/ethtool_modes.h"

namespace exporter {
namespace {

constexpr SpeedMode kSpeeds[] = {
    {ETHTOOL_LINK_MODE_10baseT_Half_BIT, 10, false, "10baseT"},
    {ETHTOOL_LINK_MODE_10baseT_Full_BIT, 10, true, "10baseT"},
    {ETHTOOL_LINK_MODE_100baseT_Half_BIT, 100, false, "100baseT"},
    {ETHTOOL_LINK_MODE_100baseT_Full_BIT, 100, true, "100baseT"},
    {ETHTOOL_LINK_MODE_1000baseT_Half_BIT, 1000, false, "1000baseT"},
    {ETHTOOL_LINK_MODE_1000baseT_Full_BIT, 1000, true, "1000baseT"},
    {ETHTOOL_LINK_MODE_1000baseKX_Full_BIT, 1000, true, "1000baseKX"},
    {ETHTOOL_LINK_MODE_1000baseX_Full_BIT, 1000, true, "1000baseX"},
    {ETHTOOL_LINK_MODE_2500baseX_Full_BIT, 2500, true, "2500baseX"},
    {ETHTOOL_LINK_MODE_2500baseT_Full_BIT, 2500, true, "2500baseT"},
    {ETHTOOL_LINK_MODE_5000baseT_Full_BIT, 5000, true, "5000baseT"},
    {ETHTOOL_LINK_MODE_10000baseT_Full_BIT, 10000, true, "10000baseT"},
    {ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT, 10000, true, "10000baseKX4"},
    {ETHTOOL_LINK_MODE_10000baseKR_Full_BIT, 10000, true, "10000baseKR"},
    {ETHTOOL_LINK_MODE_10000baseR_FEC_BIT, 10000, true, "10000baseR_FEC"},
    {ETHTOOL_LINK_MODE_10000baseCR_Full_BIT, 10000, true, "10000baseCR"},
    {ETHTOOL_LINK_MODE_10000baseSR_Full_BIT, 10000, true, "10000baseSR"},
    {ETHTOOL_LINK_MODE_10000baseLR_Full_BIT, 10000, true, "10000baseLR"},
    {ETHTOOL_LINK_MODE_10000baseLRM_Full_BIT, 10000, true, "10000baseLRM"},
    {ETHTOOL_LINK_MODE_10000baseER_Full_BIT, 10000, true, "10000baseER"},
    {ETHTOOL_LINK_MODE_20000baseMLD2_Full_BIT, 20000, true, "20000baseMLD2"},
    {ETHTOOL_LINK_MODE_20000baseKR2_Full_BIT, 20000, true, "20000baseKR2"},
    {ETHTOOL_LINK_MODE_25000baseCR_Full_BIT, 25000, true, "25000baseCR"},
    {ETHTOOL_LINK_MODE_25000baseKR_Full_BIT, 25000, true, "25000baseKR"},
    {ETHTOOL_LINK_MODE_25000baseSR_Full_BIT, 25000, true, "25000baseSR"},
    {ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT, 40000, true, "40000baseKR4"},
    {ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT, 40000, true, "40000baseCR4"},
    {ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT, 40000, true, "40000baseSR4"},
    {ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT, 40000, true, "40000baseLR4"},
    {ETHTOOL_LINK_MODE_50000baseCR2_Full_BIT, 50000, true, "50000baseCR2"},
    {ETHTOOL_LINK_MODE_50000baseKR2_Full_BIT, 50000, true, "50000baseKR2"},
    {ETHTOOL_LINK_MODE_50000baseSR2_Full_BIT, 50000, true, "50000baseSR2"},
    {ETHTOOL_LINK_MODE_56000baseKR4_Full_BIT, 56000, true, "56000baseKR4"},
    {ETHTOOL_LINK_MODE_56000baseCR4_Full_BIT, 56000, true, "56000baseCR4"},
    {ETHTOOL_LINK_MODE_56000baseSR4_Full_BIT, 56000, true, "56000baseSR4"},
    {ETHTOOL_LINK_MODE_56000baseLR4_Full_BIT, 56000, true, "56000baseLR4"},
    {ETHTOOL_LINK_MODE_100000baseKR4_Full_BIT, 100000, true, "100000baseKR4"},
    {ETHTOOL_LINK_MODE_100000baseSR4_Full_BIT, 100000, true, "100000baseSR4"},
    {ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT, 100000, true, "100000baseCR4"},
    {ETHTOOL_LINK_MODE_100000baseLR4_ER4_Full_BIT, 100000, true, "100000baseLR4_ER4"},
};

constexpr PortMode kPorts[] = {
    {ETHTOOL_LINK_MODE_TP_BIT, "TP"},   {ETHTOOL_LINK_MODE_AUI_BIT, "AUI"},
    {ETHTOOL_LINK_MODE_MII_BIT, "MII"}, {ETHTOOL_LINK_MODE_FIBRE_BIT, "FIBRE"},
    {ETHTOOL_LINK_MODE_BNC_BIT, "BNC"}, {ETHTOOL_LINK_MODE_Backplane_BIT, "Backplane"},
};

}  // namespace

std::span<const SpeedMode> speed_modes() { return kSpeeds; }
std::span<const PortMode> port_modes() { return kPorts; }

}  // namespace exporter
