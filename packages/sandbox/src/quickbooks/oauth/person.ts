/** The one person of the sandbox, who is an administrator of every company. Names as in Intuit's user info. */
export const person = {
  sub: "1182d6ec-60a1-4aa1-b5d2-e2b0d3f4c0de",
  email: "ada.lindqvist@fjordline.example",
  emailVerified: true,
  givenName: "Ada",
  familyName: "Lindqvist",
  phoneNumber: "+1 5550100",
  phoneNumberVerified: false,
  address: {
    streetAddress: "1 Harbor Way",
    locality: "San Diego",
    region: "CA",
    postalCode: "92101",
    country: "USA",
  },
};
