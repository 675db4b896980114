/**
 * EtherTypes: what follows the addresses of an Ethernet frame, a SNAP header or a header of Cisco's
 * HDLC. The numbers are IEEE's; those of the tags are IEEE 802.1Q's.
 */

export const TYPE_IPV4 = 0x0800;
export const TYPE_ARP = 0x0806;
export const TYPE_IPV6 = 0x86dd;

/** A VLAN tag of a customer, and one of a provider around it (802.1ad). */
export const TYPE_CUSTOMER_TAG = 0x8100;
export const TYPE_SERVICE_TAG = 0x88a8;
